/**
 * The style of the documentation page on top of Swagger UI's: colours with enough contrast for white letters, no column
 * for links, which the document does not have, and nothing wider than a phone.
 */
export const STYLE = `
html { box-sizing: border-box; }
*, *::before, *::after { box-sizing: inherit; }
body { margin: 0; background: #fafafa; }
.swagger-ui .opblock.opblock-get .opblock-summary-method { background: #1769aa; }
.swagger-ui .opblock.opblock-post .opblock-summary-method { background: #1b7a4b; }
.swagger-ui .opblock.opblock-put .opblock-summary-method { background: #a35200; }
.swagger-ui .opblock.opblock-patch .opblock-summary-method { background: #00757a; }
.swagger-ui .opblock.opblock-delete .opblock-summary-method { background: #c02626; }
.swagger-ui .btn.authorize { border-color: #1b7a4b; color: #1b7a4b; }
.swagger-ui .btn.authorize svg { fill: #1b7a4b; }
.swagger-ui .btn.execute { border-color: #1769aa; background: #1769aa; }
.swagger-ui .response-col_links { display: none; }
.swagger-ui .opblock-description-wrapper p, .swagger-ui .markdown p { line-height: 1.5; }
.swagger-ui .dialog-ux .modal-ux-content { max-height: calc(100vh - 9rem); }
@media (max-width: 640px) {
  .swagger-ui .wrapper { padding: 0 10px; }
  .swagger-ui .info { margin: 20px 0; }
  .swagger-ui .scheme-container { padding: 15px 0; }
  .swagger-ui table.responses-table, .swagger-ui table.headers { table-layout: fixed; width: 100%; }
  .swagger-ui .response-col_status { width: 4rem; }
  .swagger-ui .opblock-tag { flex-wrap: wrap; font-size: 20px; }
  .swagger-ui .opblock-summary-method { min-width: 62px; }
  .swagger-ui table.parameters thead { display: none; }
  .swagger-ui table.parameters tr, .swagger-ui table.parameters td { display: block; }
  .swagger-ui table.parameters .parameters-col_name { min-width: 0; padding-bottom: 0; }
  .swagger-ui .response-controls { flex-direction: column; gap: 10px; }
  .swagger-ui table.headers :is(th, td):nth-child(3) { display: none; }
  .swagger-ui table.headers :is(th, td):first-child { width: 40%; padding-right: 10px; }
  .swagger-ui table tbody tr td { overflow-wrap: anywhere; }
  .swagger-ui .highlight-code :is(pre, code, span) { word-break: normal !important; overflow-wrap: anywhere; }
  .swagger-ui select { max-width: 100%; }
}
`;
