/** The `Link` field (RFC 8288) to the page behind this one: a relative path, with all parameters but the cursor kept. */
export function nextLink(
  path: string,
  query: Readonly<Record<string, string>>,
  cursor: string,
): string {
  return `<${path}?${new URLSearchParams({ ...query, cursor })}>; rel="next"`;
}
