/**
 * A fake of the part of S3 that the depot uses, in memory and strict: what it does not know it refuses with 501, and
 * checksums, sizes of parts and conditions are checked as Amazon's documentation says. It is no S3: it checks whose key
 * signed a request and what body it is for, but not the signature itself, and it knows no consistency but perfect.
 *
 * There is a fake because no S3 server that knows `If-None-Match` on writes was to be had from npm or Debian.
 */
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** An object. */
export type FakeObject = { data: Buffer; readonly metadata: Readonly<Record<string, string>>; readonly etag: string };

type Part = { readonly data: Buffer; readonly etag: string; readonly checksum: string };
type Upload = {
  readonly key: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, Part>;
  readonly begun: Date;
};
type Request = {
  readonly method: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};
type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
};

/** What goes wrong, and how often: each number counts down to 0. */
export type Faults = {
  /** Requests that create an object are carried out, and their answers lost. */
  lostAnswers: number;
  /** Objects are sent by half, and the connection breaks. */
  cutBodies: number;
  /** Requests are answered with 503. */
  busy: number;
  /** Requests that create an object are answered with 409, as if another one were under way. */
  conflicts: number;
  /** Whether the server knows no `If-None-Match` on writes, as many do not. */
  ignoresConditions: boolean;
};

/** Names of the one bucket and the one account. */
export const FAKE = { bucket: 'books', accessKeyId: 'AKFAKE', secretAccessKey: 'secret' } as const;

const MIN_PART_BYTES = 5 * 1024 * 1024;
/** Small pages, so that paging is tested. */
const PAGE = 3;
const KNOWN = [
  'x-id',
  'uploads',
  'uploadId',
  'partNumber',
  'list-type',
  'prefix',
  'continuation-token',
  'key-marker',
  'upload-id-marker',
  'max-keys',
  'max-uploads',
  'encoding-type',
];

/** A running fake. */
export class FakeS3 {
  readonly objects = new Map<string, FakeObject>();
  readonly uploads = new Map<string, Upload>();
  readonly faults: Faults = { lostAnswers: 0, cutBodies: 0, busy: 0, conflicts: 0, ignoresConditions: false };
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) =>
      response.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  });

  /** Starts it. `url` is its endpoint. */
  static async start(): Promise<FakeS3> {
    const fake = new FakeS3();
    fake.#server.listen(0, '127.0.0.1');
    await once(fake.#server, 'listening');
    return fake;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the fake has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://fake');
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const [, bucket = '', ...key] = url.pathname.split('/');
    const request = {
      method: incoming.method ?? '',
      key: decodeURIComponent(key.join('/')),
      query: url.searchParams,
      headers: incoming.headers,
      body: Buffer.concat(chunks),
    };
    const answer = this.#refusal(bucket, request) ?? this.#answer(request);
    const creates = request.method === 'PUT' || (request.method === 'POST' && request.query.has('uploadId'));
    if (creates && answer.status === 200 && this.#happens('lostAnswers')) {
      response.destroy();
      return;
    }
    const body = Buffer.from(answer.body ?? '');
    const length = answer.headers?.['content-length'] ?? String(body.length);
    response.writeHead(answer.status, { ...answer.headers, 'content-length': length, 'x-amz-request-id': 'fake' });
    const cut = request.method === 'GET' && request.key !== '' && body.length > 1 && this.#happens('cutBodies');
    if (cut) response.write(body.subarray(0, body.length / 2), () => response.destroy());
    else response.end(request.method === 'HEAD' ? undefined : body);
  }

  #happens(fault: 'lostAnswers' | 'cutBodies' | 'busy' | 'conflicts'): boolean {
    if (this.faults[fault] === 0) return false;
    this.faults[fault] -= 1;
    return true;
  }

  #refusal(bucket: string, { headers, query, body }: Request): Answer | undefined {
    const credential = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(headers.authorization ?? '');
    if (credential?.[1] !== FAKE.accessKeyId) return failure(403, 'InvalidAccessKeyId');
    if (bucket !== FAKE.bucket) return failure(404, 'NoSuchBucket');
    const unknown = [...query.keys()].find((name) => !KNOWN.includes(name));
    if (unknown !== undefined) return failure(501, 'NotImplemented', unknown);
    const hashed = headers['x-amz-content-sha256'];
    if (hashed !== 'UNSIGNED-PAYLOAD' && hashed !== sha256(body, 'hex'))
      return failure(400, 'XAmzContentSHA256Mismatch');
    const checksum = headers['x-amz-checksum-sha256'];
    if (checksum !== undefined && checksum !== sha256(body, 'base64')) return failure(400, 'BadDigest');
    return this.#happens('busy') ? failure(503, 'SlowDown') : undefined;
  }

  #answer(request: Request): Answer {
    const { method, key, query } = request;
    if (key === '') {
      if (method === 'GET' && query.get('list-type') === '2') return this.#list(query);
      if (method === 'GET' && query.has('uploads')) return this.#listUploads(query);
      return failure(501, 'NotImplemented');
    }
    const id = query.get('uploadId');
    if (id !== null && !this.uploads.has(id)) return failure(404, 'NoSuchUpload');
    if (method === 'POST' && query.has('uploads')) return this.#begin(request);
    if (method === 'PUT' && id !== null) return this.#putPart(request, id);
    if (method === 'POST' && id !== null) return this.#complete(request, id);
    if (method === 'DELETE' && id !== null) return this.#drop(this.uploads, id);
    if (method === 'PUT') return this.#put(key, request, request.body, metadataOf(request.headers));
    if (method === 'GET' || method === 'HEAD') return this.#get(request);
    if (method === 'DELETE') return this.#drop(this.objects, key);
    return failure(501, 'NotImplemented', method);
  }

  #put(key: string, { headers }: Request, data: Buffer, metadata: Readonly<Record<string, string>>): Answer {
    const condition = headers['if-none-match'];
    if (condition !== undefined && condition !== '*') return failure(501, 'NotImplemented', 'If-None-Match');
    if (condition !== undefined && this.#happens('conflicts')) return failure(409, 'ConditionalRequestConflict');
    if (condition !== undefined && !this.faults.ignoresConditions && this.objects.has(key))
      return failure(412, 'PreconditionFailed');
    const etag = `"${createHash('md5').update(data).digest('hex')}"`;
    this.objects.set(key, { data, metadata, etag });
    return { status: 200, headers: { etag } };
  }

  #get({ key, headers }: Request): Answer {
    const object = this.objects.get(key);
    if (object === undefined) return failure(404, 'NoSuchKey');
    if (headers['if-match'] !== undefined && headers['if-match'] !== object.etag)
      return failure(412, 'PreconditionFailed');
    const about: Record<string, string> = { etag: object.etag, 'accept-ranges': 'bytes' };
    for (const [name, value] of Object.entries(object.metadata)) about[`x-amz-meta-${name}`] = value;
    const { data } = object;
    const { range } = headers;
    if (range === undefined)
      return { status: 200, headers: { ...about, 'content-length': String(data.length) }, body: data };
    const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
    const start = from === '' ? Math.max(0, data.length - Number(to)) : Number(from);
    const end = from === '' || to === '' ? data.length : Number(to) + 1;
    if (start >= data.length) return failure(416, 'InvalidRange');
    const body = data.subarray(start, end);
    return {
      status: 206,
      headers: { ...about, 'content-range': `bytes ${start}-${start + body.length - 1}/${data.length}` },
      body,
    };
  }

  #drop(from: Map<string, unknown>, key: string): Answer {
    from.delete(key);
    return { status: 204 };
  }

  #begin({ key, headers }: Request): Answer {
    if (headers['x-amz-checksum-algorithm'] !== 'SHA256') return failure(501, 'NotImplemented', 'without checksums');
    const id = randomUUID();
    this.uploads.set(id, { key, metadata: metadataOf(headers), parts: new Map(), begun: new Date() });
    return xml(
      `<InitiateMultipartUploadResult><Bucket>${FAKE.bucket}</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
    );
  }

  #putPart({ query, body, headers }: Request, id: string): Answer {
    const number = Number(query.get('partNumber'));
    if (!Number.isInteger(number) || number < 1 || number > 10_000) return failure(400, 'InvalidArgument');
    const etag = `"${createHash('md5').update(body).digest('hex')}"`;
    this.uploads.get(id)?.parts.set(number, { data: body, etag, checksum: String(headers['x-amz-checksum-sha256']) });
    return { status: 200, headers: { etag } };
  }

  #complete(request: Request, id: string): Answer {
    const upload = this.uploads.get(id);
    if (upload === undefined || upload.key !== request.key) return failure(404, 'NoSuchUpload');
    const listed = [...request.body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => part);
    const chosen: Buffer[] = [];
    for (const [place, text] of listed.entries()) {
      const part = upload.parts.get(Number(elementOf(text, 'PartNumber')));
      if (Number(elementOf(text, 'PartNumber')) !== place + 1) return failure(400, 'InvalidPartOrder');
      const named = elementOf(text, 'ETag').replaceAll('&quot;', '"');
      if (part === undefined || named !== part.etag || elementOf(text, 'ChecksumSHA256') !== part.checksum)
        return failure(400, 'InvalidPart');
      if (place < listed.length - 1 && part.data.length < MIN_PART_BYTES) return failure(400, 'EntityTooSmall');
      chosen.push(part.data);
    }
    if (chosen.length === 0) return failure(400, 'MalformedXML');
    const answer = this.#put(request.key, request, Buffer.concat(chosen), upload.metadata);
    if (answer.status !== 200) return answer;
    this.uploads.delete(id);
    return xml(`<CompleteMultipartUploadResult><Key>${request.key}</Key></CompleteMultipartUploadResult>`);
  }

  #list(query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('continuation-token') ?? '';
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
    const page = keys.slice(0, PAGE);
    const rest = keys.length > PAGE ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    const contents = page.map((key) => `<Contents><Key>${key}</Key></Contents>`).join('');
    return xml(
      `<ListBucketResult><IsTruncated>${keys.length > PAGE}</IsTruncated>${rest}${contents}</ListBucketResult>`,
    );
  }

  #listUploads(query: URLSearchParams): Answer {
    const prefix = query.get('prefix') ?? '';
    const after = query.get('upload-id-marker') ?? '';
    const open = [...this.uploads]
      .filter(([id, { key }]) => key.startsWith(prefix) && id > after)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const page = open.slice(0, PAGE);
    const last = page.at(-1);
    const rest =
      open.length > PAGE
        ? `<NextKeyMarker>${last?.[1].key}</NextKeyMarker><NextUploadIdMarker>${last?.[0]}</NextUploadIdMarker>`
        : '';
    const uploads = page.map(
      ([id, { key, begun }]) =>
        `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>${begun.toISOString()}</Initiated></Upload>`,
    );
    return xml(
      `<ListMultipartUploadsResult><IsTruncated>${open.length > PAGE}</IsTruncated>${rest}${uploads.join('')}</ListMultipartUploadsResult>`,
    );
  }
}

function metadataOf(headers: IncomingMessage['headers']): Readonly<Record<string, string>> {
  const found = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(found.map(([name, value]) => [name.slice('x-amz-meta-'.length), String(value)]));
}

function elementOf(text: string, name: string): string {
  return new RegExp(`<${name}>(.*?)</${name}>`, 's').exec(text)?.[1] ?? '';
}

function sha256(data: Buffer, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(data).digest(encoding);
}

function xml(text: string): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>${text}`,
  };
}

function failure(status: number, code: string, message: string = code): Answer {
  return { ...xml(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`), status };
}
