export default {
  input: 'openapi.json',
  // Node resolves imports with extensions only.
  output: { path: 'api', module: { extension: '.js' } },
  plugins: ['@hey-api/client-fetch', '@hey-api/typescript', '@hey-api/sdk'],
};
