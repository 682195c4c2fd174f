/** Text made safe to stand in HTML, in an element or a quoted attribute. */

/** Escapes the five characters that HTML gives a meaning. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
