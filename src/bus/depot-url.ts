/**
 * Which depot a cluster uses, as one setting: `nats:` (unless told otherwise), `file:///path`, or
 * `s3://bucket/prefix?region=…&endpoint=…`.
 */
import { fileURLToPath } from 'node:url';
import { CoppiceError } from '../errors.ts';

/** Where an S3 depot is. Credentials are found as the AWS tools find them: environment, profile, role. */
export type S3Place = {
  readonly bucket: string;
  /** Before every name, without `/` at its ends; `''` for none. */
  readonly prefix: string;
  /** As AWS names them; the AWS tools' own setting unless given. */
  readonly region?: string;
  /** URL of a server that is not Amazon's. */
  readonly endpoint?: string;
  /** Whether the bucket stands in the path instead of the host's name; so unless told otherwise if there is an endpoint. */
  readonly pathStyle?: boolean;
  /** Whether the server knows `If-None-Match` on writes, as it does unless told otherwise: see `openS3Depot`. */
  readonly conditionalWrites?: boolean;
};

/** A depot that was chosen. */
export type DepotPlace =
  /** An object store of NATS; `bucket` undefined: the cluster's own. */
  | { readonly kind: 'nats'; readonly bucket: string | undefined }
  | { readonly kind: 'folder'; readonly path: string }
  | ({ readonly kind: 's3' } & S3Place);

const FORMS = '`nats:`, `nats:<bucket>`, `file:///<path>` or `s3://<bucket>/<prefix>?region=…&endpoint=…`';
const NATS_BUCKET = /^[A-Za-z0-9_-]{1,64}$/;
const S3_BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const PARAMETERS: readonly string[] = ['region', 'endpoint', 'pathStyle', 'conditionalWrites'];

/** Reads the setting. Throws CoppiceError `BAD_REQUEST` with what is wrong; credentials are never shown. */
export function parseDepotUrl(text: string): DepotPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'nats:') return parseNats(text);
  if (url?.protocol === 'file:') return parseFolder(url, text);
  if (url?.protocol === 's3:') return parseS3(url);
  throw refusal(text, 'it must be one of the forms');
}

function parseNats(text: string): DepotPlace {
  const bucket = text.slice('nats:'.length);
  if (bucket === '') return { kind: 'nats', bucket: undefined };
  if (NATS_BUCKET.test(bucket)) return { kind: 'nats', bucket };
  throw refusal(text, 'a bucket has 1 to 64 of A-Z a-z 0-9 _ - (the server is that of the connection)');
}

function parseFolder(url: URL, text: string): DepotPlace {
  if (url.host !== '') throw refusal(text, 'a path has three slashes before it, as in `file:///var/depot`');
  if (url.search !== '' || url.hash !== '') throw refusal(text, 'a folder has no parameters');
  if (!/^file:\/\/\/./.test(text)) throw refusal(text, 'the path must be absolute, as in `file:///var/depot`');
  try {
    return { kind: 'folder', path: fileURLToPath(url) };
  } catch (cause) {
    throw refusal(text, `the path cannot be read (${cause instanceof Error ? cause.message : String(cause)})`);
  }
}

function parseS3(url: URL): DepotPlace {
  const shown = url.href;
  if (url.username !== '' || url.password !== '')
    throw refusal(
      shown,
      'credentials do not belong into it: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile',
    );
  if (url.port !== '') throw refusal(shown, 'a bucket has no port: name the server with `endpoint`');
  if (url.hash !== '') throw refusal(shown, '`#` has no meaning');
  if (!S3_BUCKET.test(url.host)) throw refusal(shown, `\`${url.host}\` is no name of a bucket`);
  const unknown = [...url.searchParams.keys()].find((key) => !PARAMETERS.includes(key));
  if (unknown !== undefined)
    throw refusal(shown, `there is no parameter \`${unknown}\`, only ${PARAMETERS.join(', ')}`);
  const prefix = url.pathname.replaceAll(/^\/+|\/+$/g, '');
  if (!/^[A-Za-z0-9_=@.\-/]*$/.test(prefix))
    throw refusal(shown, `only A-Z a-z 0-9 _ = @ . - and / may stand in a prefix`);
  const [pathStyle, conditionalWrites] = [flagOf(url, 'pathStyle'), flagOf(url, 'conditionalWrites')];
  const [region, endpoint] = [textOf(url, 'region'), endpointOf(url)];
  return {
    kind: 's3',
    bucket: url.host,
    prefix,
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(pathStyle === undefined ? {} : { pathStyle }),
    ...(conditionalWrites === undefined ? {} : { conditionalWrites }),
  };
}

function textOf(url: URL, key: string): string | undefined {
  const values = url.searchParams.getAll(key);
  if (values.length === 0) return undefined;
  const [value] = values;
  if (values.length > 1 || value === undefined || value === '') throw refusal(url.href, `\`${key}\` needs one value`);
  return value;
}

function flagOf(url: URL, key: string): boolean | undefined {
  const value = textOf(url, key);
  if (value === undefined) return undefined;
  if (value === 'true' || value === 'false') return value === 'true';
  throw refusal(url.href, `\`${key}\` must be true or false, got \`${value}\``);
}

function endpointOf(url: URL): string | undefined {
  const value = textOf(url, 'endpoint');
  if (value === undefined) return undefined;
  const endpoint = URL.canParse(value) ? new URL(value) : undefined;
  if (endpoint !== undefined && /^https?:$/.test(endpoint.protocol) && endpoint.username === '') return value;
  throw refusal(
    url.href.replace(/endpoint=[^&]*/, 'endpoint=…'),
    '`endpoint` must be an http or https URL without credentials',
  );
}

function refusal(text: string, reason: string): CoppiceError {
  const shown = text.replace(/\/\/.*@/, '//');
  return new CoppiceError('BAD_REQUEST', `\`${shown}\` names no depot: ${reason}. The forms are ${FORMS}`);
}
