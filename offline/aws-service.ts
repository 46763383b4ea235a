import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** What a service of AWS answers. */
export interface AwsAnswer {
  /** 200 if undefined. */
  status?: number;
  body: object;
}

/** A stand-in for a service of AWS, on this machine only. */
export interface AwsService {
  /** Without a slash at the end. */
  url: string;
  stop(): Promise<void>;
}

/**
 * Starts a stand-in for a service that speaks JSON, on a free port.
 *
 * @param answer answers one call: `operation` is the header `X-Amz-Target`, such as
 * `secretsmanager.GetSecretValue`, and `input` the body
 */
export async function startAwsService(
  answer: (operation: string, input: unknown) => AwsAnswer | Promise<AwsAnswer>,
): Promise<AwsService> {
  const server = createServer(async (request, response) => {
    const operation = String(request.headers['x-amz-target']);
    const { status = 200, body } = await answer(operation, JSON.parse(await text(request)));
    response
      .writeHead(status, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    url: `http://127.0.0.1:${port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
