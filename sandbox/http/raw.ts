import type { Answer, Call } from './call.ts';

/** The caller asks for the bytes themselves: `application/vnd.github.raw+json` and its older spellings. */
export function wantsRaw(call: Pick<Call, 'accept'>): boolean {
  return /application\/vnd\.github\.(?:v3\.)?raw\b/.test(call.accept);
}

export function rawAnswer(bytes: Buffer): Answer {
  return { status: 200, raw: bytes, headers: { 'content-type': 'application/vnd.github.raw+json; charset=utf-8' } };
}

/** GitHub wraps base64 at 60 characters; a client must cope with the line ends. */
export function wrapBase64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll(/.{1,60}/g, '$&\n');
}
