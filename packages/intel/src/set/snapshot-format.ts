/**
 * The file from which the kernel's tables are filled. Little endian, except for addresses and hashes of content, which
 * are bytes.
 *
 * ```
 * header   char magic[8] = "PRQINTL1"; u32 version; u32 flags; u64 count_v4, count_v6, count_names;
 *          u64 offset_v4, offset_v6, offset_names; u8 sha256[32] of all that follows the header
 * v4       u8 prefix_length; u8 flags; u16 port; u32 indicator; u8 address[4]; u32 expires_at
 * v6       u8 prefix_length; u8 flags; u16 port; u32 indicator; u8 address[16]; u32 expires_at; u32 zero
 * name     u64 hash; u32 indicator; u32 expires_at
 * ```
 *
 * Rows are in the order of address, prefix length and port, or of hash, and no two are the same in these. Port 0 is
 * any port; `expires_at` is in seconds since 1970, 0 for never. The hash of a name is FNV-1a, 64 bits, over its lower
 * case without the last dot; a row stands for the name and all below it.
 */
export const SNAPSHOT_MAGIC = "PRQINTL1";
export const SNAPSHOT_VERSION = 1;
export const SNAPSHOT_HEADER_BYTES = 96;
export const V4_ROW_BYTES = 16;
export const V6_ROW_BYTES = 32;
export const NAME_ROW_BYTES = 16;

/** Row flag: to be told and not to be blocked. */
export const REPORT_ONLY = 1;
