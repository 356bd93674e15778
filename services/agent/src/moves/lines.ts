/** Splits bytes into lines of text, without their ends; empty ones are passed over. A line is at most `limitBytes`. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  limitBytes: number,
  tooLong: () => never,
): AsyncGenerator<string> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let begin = 0;
    const bytes =
      rest.length === 0 ? Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length) : Buffer.concat([rest, chunk]);
    for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, begin)) {
      if (end - begin > limitBytes) tooLong();
      if (end > begin) yield bytes.toString('utf8', begin, end);
      begin = end + 1;
    }
    rest = Buffer.from(bytes.subarray(begin));
    if (rest.length > limitBytes) tooLong();
  }
  if (rest.length > 0) yield rest.toString('utf8');
}
