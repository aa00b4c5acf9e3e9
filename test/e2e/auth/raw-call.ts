import http from 'node:http';

export interface RawAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Header fields in order, as they were sent. */
  rawHeaders: string[];
  text: string;
  body: any;
}

export interface RawOptions {
  method?: string;
  /** Field, value, field, value: repeated fields and odd spaces go out as they are. */
  headers?: string[];
  body?: string;
  /** The address to come from: on Linux any of 127.0.0.0/8. */
  from?: string;
  agent?: http.Agent;
}

/** A request whose header fields are sent as they are, from any loopback address. */
export function rawCall(base: string, path: string, options: RawOptions = {}): Promise<RawAnswer> {
  const { method = 'GET', headers = [], body, from, agent } = options;
  const { hostname, port, host } = new URL(base);
  const hasLength = body !== undefined || !['GET', 'HEAD'].includes(method);
  const length = hasLength ? ['content-length', String(Buffer.byteLength(body ?? ''))] : [];
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        hostname,
        port,
        path,
        method,
        localAddress: from,
        agent,
        // The types do not know that Node takes a list, too.
        headers: ['host', host, ...headers, ...length] as unknown as http.OutgoingHttpHeaders,
      },
      response => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          const isJson = response.headers['content-type']?.includes('json') ?? false;
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            rawHeaders: response.rawHeaders,
            text,
            body: isJson && text !== '' ? JSON.parse(text) : undefined,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

/** Fields that differ from answer to answer whatever its reason; the length is that of the request id. */
const OF_THE_MOMENT = new Set(['x-request-id', 'date', 'content-length']);

/** An answer without its request id and date: what remains must not differ where nothing may be told. */
export function fingerprint({ status, rawHeaders, text }: RawAnswer): string {
  const fields: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at].toLowerCase();
    fields.push(`${name}: ${OF_THE_MOMENT.has(name) ? '' : rawHeaders[at + 1]}`);
  }
  return [status, ...fields, '', text.replace(/"request_id":"[^"]*"/, '"request_id":""')].join(
    '\n',
  );
}
