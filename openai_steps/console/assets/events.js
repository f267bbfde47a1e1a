// @ts-check
/** Server-sent events over fetch, since EventSource can send no header. */

/**
 * Read the events of a response, and its comments, whose name is empty: they tell that the line is open.
 * @param {Response} response
 * @returns {AsyncGenerator<{name: string, data: any}>}
 */
export async function* events(response) {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      waiting += value;
      const parts = waiting.split("\n\n");
      waiting = parts.pop() ?? "";
      for (const part of parts) {
        const lines = part.split("\n");
        const name = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "";
        const data = lines.find((line) => line.startsWith("data: "))?.slice(6);
        yield { name, data: data ? JSON.parse(data) : null };
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
