/** A request of a file for the REST Client of VS Code. */
interface FileRequest {
  name?: string;
  method: string;
  url: string;
  headers: [string, string][];
  body: string;
}

export interface HttpFile {
  variables: Record<string, string>;
  requests: FileRequest[];
}

/** Reads the part of the format that our file uses: `@name = value`, `###`, `# @name`, header fields, a body. */
export function parseHttpFile(text: string): HttpFile {
  const [head, ...blocks] = text.split(/^###.*\n/m);
  const variables = Object.fromEntries(
    [...head.matchAll(/^@(\w+) = (.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  return { variables, requests: blocks.map(requestOf) };
}

function requestOf(block: string): FileRequest {
  const [, name] = /^# @name (\w+)$/m.exec(block) ?? [];
  const [top, ...rest] = block
    .replaceAll(/^#.*\n/gm, '')
    .trim()
    .split('\n\n');
  const [line, ...fields] = top.split('\n');
  const [method, url] = line.split(' ');
  const headers = fields.map(field => field.split(/: (.*)/s).slice(0, 2) as [string, string]);
  return { name, method, url, headers, body: rest.join('\n\n') };
}

/** Sends the requests in order and returns the status of each answer. */
export async function sendAll(file: HttpFile, given: Record<string, string>): Promise<number[]> {
  const answers: Record<string, { body: any; headers: Headers }> = {};
  const variables = { ...file.variables, ...given };
  const fill = (text: string): string =>
    text.replaceAll(/\{\{([^}]+)\}\}/g, (_, reference: string) => {
      const [, of, field] = /^(\w+)\.response\.body\.(\w+)$/.exec(reference) ?? [];
      const [, from, header] = /^(\w+)\.response\.headers\.([\w-]+)$/.exec(reference) ?? [];
      if (from !== undefined) {
        return answers[from].headers.get(header) ?? '';
      }
      return of === undefined ? fill(variables[reference]) : String(answers[of].body[field]);
    });
  const statuses: number[] = [];
  for (const { name, method, url, headers, body } of file.requests) {
    const response = await fetch(fill(url), {
      method,
      headers: headers.map(([field, value]): [string, string] => [field, encoded(fill(value))]),
      body: body === '' ? undefined : fill(body),
    });
    statuses.push(response.status);
    const text = await response.text();
    if (name !== undefined) {
      answers[name] = { body: JSON.parse(text), headers: response.headers };
    }
  }
  return statuses;
}

/** The client encodes `Basic NAME PASSWORD` itself. */
function encoded(value: string): string {
  const [, name, password] = /^Basic (\S+) (\S+)$/.exec(value) ?? [];
  return name === undefined ? value : `Basic ${btoa(`${name}:${password}`)}`;
}
