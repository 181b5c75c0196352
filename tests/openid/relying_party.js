// An application built on openid-client signs somebody in at Darkroom and uses what it gets. Prints one line a step; exits 1 at the
// first that fails. usage: node relying_party.js <directory of node_modules> '<JSON>' with issuer, client_id, client_secret, email,
// password, user_id
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { Issuer, generators, errors } = require(path.join(process.argv[2], 'node_modules', 'openid-client'));

const settings = JSON.parse(process.argv[3]);
// Another port than the registered one: RFC 8252.
const redirectUri = 'http://127.0.0.1:49152/callback';

// What a browser does with the page: every hidden field goes back, with what the person types.
async function allow(url) {
  const page = await (await fetch(url)).text();
  const form = new URLSearchParams();
  for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) {
    form.set(name, value.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&#39;', "'").replaceAll('&amp;', '&'));
  }
  assert(form.has('client_id'), `no form: ${page.slice(0, 400)}`);
  form.set('email', settings.email);
  form.set('password', settings.password);
  form.set('decision', 'allow');
  const answer = await fetch(new URL('/oauth/authorize', url), { method: 'POST', body: form, redirect: 'manual' });
  assert.strictEqual(answer.status, 303, await answer.text());
  return answer.headers.get('location');
}

async function main() {
  const issuer = await Issuer.discover(settings.issuer);
  assert.strictEqual(issuer.issuer, settings.issuer);
  const client = new issuer.Client({
    client_id: settings.client_id, client_secret: settings.client_secret, redirect_uris: [redirectUri], response_types: ['code'],
    id_token_signed_response_alg: settings.algorithm,
  });
  console.log('discovered');

  const verifier = generators.codeVerifier();
  const state = generators.state();
  const nonce = generators.nonce();
  const request = () => client.authorizationUrl({
    scope: 'openid profile email images:read', state, nonce, code_challenge: generators.codeChallenge(verifier), code_challenge_method: 'S256',
  });
  const checks = { code_verifier: verifier, state, nonce, response_type: 'code' };

  // The library must see what is wrong, or its consent would mean nothing.
  const misdirected = client.callbackParams(await allow(request()));
  await assert.rejects(client.callback(redirectUri, misdirected, { ...checks, nonce: 'another' }), /nonce mismatch/);
  console.log('refused a wrong nonce');

  const parameters = client.callbackParams(await allow(request()));
  assert.strictEqual(parameters.iss, settings.issuer);
  const tokens = await client.callback(redirectUri, parameters, checks);
  assert.strictEqual(tokens.claims().sub, settings.user_id);
  assert.strictEqual(tokens.claims().email, settings.email);
  assert.deepStrictEqual(tokens.scope.split(' ').sort(), ['email', 'images:read', 'openid', 'profile']);
  console.log('signed in, ID token verified against the published keys');

  const who = await client.userinfo(tokens);
  assert.strictEqual(who.email, settings.email);
  const images = await fetch(new URL('/images', settings.issuer), { headers: { authorization: `Bearer ${tokens.access_token}` } });
  assert.strictEqual(images.status, 200);
  const profile = await fetch(new URL('/users/me', settings.issuer), { headers: { authorization: `Bearer ${tokens.access_token}` } });
  assert.strictEqual(profile.status, 403);
  console.log('used the access token within its scopes');

  assert.strictEqual((await client.introspect(tokens.access_token)).active, true);
  const renewed = await client.refresh(tokens);
  assert.notStrictEqual(renewed.refresh_token, tokens.refresh_token);
  await assert.rejects(client.refresh(tokens), (error) => error instanceof errors.OPError && error.error === 'invalid_grant');
  assert.strictEqual((await client.introspect(renewed.access_token)).active, false);
  console.log('renewed, and a reused refresh token ended the session');

  const again = await client.callback(redirectUri, client.callbackParams(await allow(request())), checks);
  await client.revoke(again.refresh_token);
  await assert.rejects(client.userinfo(again), (error) => error instanceof errors.OPError);
  console.log('revoked');

  const own = await client.grant({ grant_type: 'client_credentials' });
  assert.strictEqual(own.scope, 'images:read');
  console.log('client credentials');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
