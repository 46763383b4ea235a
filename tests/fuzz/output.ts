/** What this process prints meanwhile, held back. */
export interface CapturedOutput {
  /** What was printed since it was last taken: logs, and metrics in the embedded metric format. */
  take(): string;
  /** Lets printing through again. */
  end(): void;
}

/** Holds back whatever is printed, so that it can be looked through. */
export function captureOutput(): CapturedOutput {
  const streams = [process.stdout, process.stderr] as const;
  const real = streams.map((stream) => stream.write);
  let printed = '';
  for (const stream of streams) {
    stream.write = (chunk: string | Uint8Array) => {
      printed += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    };
  }
  return {
    take() {
      const taken = printed;
      printed = '';
      return taken;
    },
    end() {
      streams.forEach((stream, at) => {
        stream.write = real[at] ?? stream.write;
      });
    },
  };
}
