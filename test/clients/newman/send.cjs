// Runs collections by newman, one after the other, and prints what each got, as JSON. Argument: a file with a list of
// {collection, variables}.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const newman = createRequire(`${process.cwd()}/package.json`)('newman');

function send({ collection, variables }) {
  const globals = {
    values: Object.entries(variables).map(([key, value]) => ({ key, value, enabled: true })),
  };
  return new Promise((resolve, reject) => {
    newman.run({ collection, globals }, (error, { run: { executions, failures } }) => {
      if (error) {
        return reject(error);
      }
      resolve({
        requests: executions.map(({ item, request, response, requestError }) => ({
          name: item.name,
          line: `${request.method} ${request.url.getPathWithQuery()}`,
          status: response?.code ?? String(requestError),
          body: response?.text() ?? '',
        })),
        failures: failures.map(({ source, error: { message } }) => `${source?.name}: ${message}`),
      });
    });
  });
}

async function main() {
  const results = [];
  for (const each of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
    results.push(await send(each));
  }
  console.log(JSON.stringify(results));
}

void main();
