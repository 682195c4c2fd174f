/**
 * Renders what every page has: its beginning, its verdict, and text made safe to stand in HTML, in an element or a
 * quoted attribute.
 */

/** Escapes the five characters that HTML gives a meaning. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/**
 * The beginning of a page, up to its body. Nothing may be fetched: the browser itself holds the page to that.
 * @param styles style sheets, put in as they are
 * @param hasScripts whether scripts in the page may run
 */
export function pageHead(title: string, styles: readonly string[], hasScripts: boolean): string {
  const policy = `default-src 'none'; style-src 'unsafe-inline'${hasScripts ? "; script-src 'unsafe-inline'" : ''}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
${styles.map((style) => `<style>${style}</style>`).join('\n')}
</head>`;
}

/** What a page concludes, set off: a headline up to the first colon, and the rest below it. */
export function verdictBox({ text, tone }: { text: string; tone: 'edge' | 'no-edge' | 'worse' }): string {
  const colon = text.indexOf(': ');
  const headline = colon < 0 ? text : text.slice(0, colon);
  const rest = text.slice(colon + 2);
  const below = colon < 0 ? '' : `<p>${escapeHtml(rest.charAt(0).toUpperCase() + rest.slice(1))}</p>`;
  return (
    `<div class="verdict" data-tone="${tone}" role="note" aria-label="Verdict">` +
    `<strong>${escapeHtml(headline)}</strong>${below}</div>`
  );
}
