const BYTE_ORDER_MARK = /^(?:\uFEFF|\u00EF\u00BB\u00BF)/u;

/** One character for each byte: cheap, never fails, and enough where only ASCII fields are read. */
export function decodeLatin1(bytes: Buffer): string {
  return bytes.toString("latin1").replace(BYTE_ORDER_MARK, "");
}

/** UTF-8, with replacement characters where it is not, and without a byte order mark. */
export function decodeUtf8(bytes: Buffer): string {
  return bytes.toString("utf8").replace(BYTE_ORDER_MARK, "");
}
