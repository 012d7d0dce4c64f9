/** The tables of what was read of layers. All moments are by the database's clock. */
export interface LayerIndexSchema {
  layer_indexes: LayerIndexTable;
  layer_index_parts: { diff_id: string; name: string; part: number; bytes: Uint8Array };
  layer_secrets: { id: string; sealed_secret: string };
}

interface LayerIndexTable {
  /** The digest of the layer's uncompressed bytes. */
  diff_id: string;
  /** Stands for all else that decides what an index holds. */
  name: string;
  /** The registry whose image was being read when it was made. */
  registry: string;
  /** Who makes it, or has made it; null where that was not noted. */
  holder: string | null;
  /** Until when it is believed that it is being made; null where it is made. */
  lease_ms: number | null;
  /** When it was begun to be made by the holder. */
  began_ms: number;
  /** Null while it is being made. */
  size_bytes: number | null;
  /** When it was asked for last, to the minute. */
  used_ms: number;
}
