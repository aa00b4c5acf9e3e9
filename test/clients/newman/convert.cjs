// Prints a Postman collection of an OpenAPI document, as Postman imports it. Argument: the document.
const { readFileSync } = require('node:fs');
const { createRequire } = require('node:module');

const { convertV2: convert } = createRequire(`${process.cwd()}/package.json`)(
  'openapi-to-postmanv2',
);
const options = { parametersResolution: 'Example', enableOptionalParameters: false };

convert(
  { type: 'string', data: readFileSync(process.argv[2], 'utf8') },
  options,
  (error, result) => {
    if (error || !result.result) {
      throw error ?? new Error(result.reason);
    }
    console.log(JSON.stringify(result.output[0].data));
  },
);
