/** The output of this process while it is captured. */
export interface CapturedOutput {
  /** What was printed since the last call: logs, and metrics in the embedded metric format. */
  take(): string;
  /** Ends capturing: output is printed again. */
  end(): void;
}

/** Captures the output of this process instead of printing it. */
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
