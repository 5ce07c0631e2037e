// A certified OpenID provider on loopback. Its settings come as JSON in the first argument:
// { port, keys, secret, redirect, loggedOut, people, claimsInIdToken }. `people` is a file of claims by user, read at each login,
// so that a test can change them; whatever password is given is taken.
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const settings = JSON.parse(process.argv[2]);
const people = () => JSON.parse(readFileSync(settings.people, "utf8"));

const provider = new Provider(`http://127.0.0.1:${settings.port}`, {
  jwks: { keys: settings.keys },
  cookies: { keys: ["of a test"] },
  clients: [
    {
      client_id: "cloister",
      client_secret: settings.secret,
      redirect_uris: [settings.redirect],
      post_logout_redirect_uris: [settings.loggedOut],
      id_token_signed_response_alg: settings.keys[0].alg,
    },
  ],
  pkce: { methods: ["S256"], required: () => true },
  claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email", "email_verified"] },
  conformIdTokenClaims: !settings.claimsInIdToken,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people()[id] }) }),
});
provider.listen(settings.port, "127.0.0.1", () => console.log("ready"));
