/** Reads JSON in which numbers may be bare NaN or Infinity, as some versions of XGBoost write it. */

/** @returns NaN and infinities as such; @throws SyntaxError of JSON.parse for everything else that is no JSON */
export function parseJsonWithNaN(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!/\b(?:NaN|Infinity)\b/.test(text)) throw error;
    const quoted = text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (token) =>
      token.startsWith('"') ? token : `{"${MARK}":"${token}"}`,
    );
    return JSON.parse(quoted, (_, value) => {
      const mark = value?.[MARK];
      return typeof mark === 'string' ? Number(mark) : value;
    });
  }
}

const MARK = 'bare number';
