/** The strong entity tag of one version of a record (RFC 9110, 8.8.3). */
export function etagOf(record: { id: number; version: number }): string {
  return `"${record.id}-${record.version}"`;
}
