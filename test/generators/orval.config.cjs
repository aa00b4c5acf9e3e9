module.exports = {
  api: {
    input: './openapi.json',
    output: {
      target: './api.ts',
      client: 'fetch',
      // Given several types of a body, it would send all of them as JSON.
      override: {
        contentType: {
          exclude: [
            'application/x-ndjson',
            'text/csv',
            'text/tab-separated-values',
            'application/csv',
            'application/vnd.ms-excel',
          ],
        },
      },
    },
  },
};
