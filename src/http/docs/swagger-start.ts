/**
 * The script of the documentation page. Name and password in the dialog `Authorize` log in, and the token of any login
 * is used from then on. It keeps the token pair, never the password, in `sessionStorage`: only scripts of this page can
 * read it (the policy allows no other), a reload keeps it, and the browser drops it with the tab.
 */
export const START = `const KEPT = 'library-api-tokens';

const kept = () => JSON.parse(sessionStorage.getItem(KEPT) ?? 'null');

function use(pair) {
  const tokens = {
    token: pair.token,
    refresh_token: pair.refresh_token,
    expires_at: pair.expires_at ?? Date.now() + pair.expires_in * 1000,
  };
  sessionStorage.setItem(KEPT, JSON.stringify(tokens));
  ui.preauthorizeApiKey('bearer', tokens.token);
  return tokens.token;
}

async function logIn({ username, password }) {
  const bytes = new TextEncoder().encode(username + ':' + password);
  const authorization = 'Basic ' + btoa(String.fromCharCode(...bytes));
  const response = await fetch('login', { method: 'POST', headers: { authorization } });
  if (response.ok) {
    use(await response.json());
  }
}

async function renew({ refresh_token }) {
  const response = await fetch('token/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ refresh_token }),
  });
  if (response.ok) {
    return use(await response.json());
  }
  sessionStorage.removeItem(KEPT);
}

let renewing;

/** Exchanges a token that has expired before it is sent. */
async function beforeRequest(request) {
  const tokens = kept();
  if (tokens && request.headers?.Authorization === 'Bearer ' + tokens.token) {
    if (tokens.expires_at < Date.now() + 5000) {
      renewing ??= renew(tokens).finally(() => (renewing = undefined));
      request.headers.Authorization = 'Bearer ' + ((await renewing) ?? tokens.token);
    }
  }
  return request;
}

/** The page sends requests to the server that it comes from, whatever address the browser has for it. */
function withThisServer(document) {
  const url = new URL('.', location.href).href.slice(0, -1);
  return JSON.stringify({ ...JSON.parse(document), servers: [{ url, description: 'this server' }] });
}

/** Takes over the tokens of a login, an exchange or a change of the password. */
function afterResponse(response) {
  if (response.ok && response.url.endsWith('/openapi.json')) {
    response.text = withThisServer(response.text);
  }
  if (response.ok && response.body?.refresh_token && response.body.token) {
    use(response.body);
  }
  return response;
}

const takeLogins = () => ({
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: original => given => {
          original(given);
          if (given.basic?.value) {
            void logIn(given.basic.value);
          }
        },
        logout: original => names => {
          sessionStorage.removeItem(KEPT);
          return original(names);
        },
      },
    },
  },
});

window.ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: false,
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  plugins: [takeLogins],
  requestInterceptor: beforeRequest,
  responseInterceptor: afterResponse,
  onComplete: () => {
    const tokens = kept();
    if (tokens) {
      use(tokens);
    }
  },
});
`;
