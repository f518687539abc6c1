/**
 * One S3 bucket: the few requests that the depot makes, each with the errors of S3 turned into ours. The AWS SDK signs,
 * retries and finds credentials; it is loaded only when a depot is opened, and is an optional peer dependency, since it
 * is larger than all else here together and most clusters keep their checkpoints in NATS.
 */
import { createHash } from 'node:crypto';
import type * as Sdk from '@aws-sdk/client-s3';
import { CoppiceError } from '../../errors.ts';
import type { S3Place } from '../depot-url.ts';

/** Keys of an account, where they are not found as the AWS tools find them. */
export type S3Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

/** Where the depot is, and who uses it. */
export type S3Settings = S3Place & { readonly credentials?: S3Credentials };

/** What is known of an object: the upload that made it (`''` if it does not say), its length, its tag. */
export type S3Head = { readonly upload: string; readonly sizeBytes: number; readonly etag: string };

/** Bytes that arrive. `totalBytes` is the length of the whole object, whichever part of it was asked for. */
export type S3Body = { readonly body: AsyncIterable<Uint8Array>; readonly totalBytes: number; readonly etag: string };

/** A part of an upload that is stored. */
export type S3Part = { readonly PartNumber: number; readonly ETag: string; readonly ChecksumSHA256: string };

/** How a write that may only create has ended. `busy`: another one is under way; try again. */
export type CreateOutcome = 'created' | 'exists' | 'busy';

type Loaded = typeof Sdk;

const TRIES = 4;
/** The key of an object's metadata that says which upload made it. */
const UPLOAD_KEY = 'coppice-upload';

/** Loads the SDK and makes a client. Throws CoppiceError `PREFLIGHT_FAILED` if the SDK is not installed. */
export async function openS3Bucket(settings: S3Settings): Promise<S3Bucket> {
  const sdk = await loadSdk();
  const { region, endpoint, credentials, pathStyle = endpoint !== undefined } = settings;
  const client = new sdk.S3Client({
    forcePathStyle: pathStyle,
    maxAttempts: TRIES,
    // what is sent carries a SHA-256 of ours, and what comes is checked by ours
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(region === undefined ? {} : { region }),
    ...(endpoint === undefined ? {} : { endpoint, region: region ?? 'us-east-1' }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  return new S3Bucket(sdk, client, settings.bucket);
}

/** A bucket. Every request may fail with `DISCONNECTED`, `PREFLIGHT_FAILED` or the signal's reason. */
export class S3Bucket {
  readonly #sdk: Loaded;
  readonly #client: Sdk.S3Client;
  readonly #bucket: string;

  constructor(sdk: Loaded, client: Sdk.S3Client, bucket: string) {
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
  }

  /** What is known of an object; undefined if there is none. */
  async head(key: string, signal: AbortSignal): Promise<S3Head | undefined> {
    try {
      const command = new this.#sdk.HeadObjectCommand(this.#at(key));
      const { Metadata, ContentLength, ETag } = await this.#client.send(command, { abortSignal: signal });
      return { upload: Metadata?.[UPLOAD_KEY] ?? '', sizeBytes: ContentLength ?? 0, etag: ETag ?? '' };
    } catch (error) {
      if (this.#statusOf(error) === 404) return undefined;
      throw this.#failure(`look up \`${key}\``, error, signal);
    }
  }

  /** Stores an object in one piece, if `onlyNew` is set only where there is none. */
  async put(
    key: string,
    body: Uint8Array,
    how: { upload: string; onlyNew: boolean; signal: AbortSignal },
  ): Promise<CreateOutcome> {
    const command = new this.#sdk.PutObjectCommand({
      ...this.#at(key),
      Body: body,
      ChecksumSHA256: sha256Of(body),
      Metadata: { [UPLOAD_KEY]: how.upload },
      ...(how.onlyNew ? { IfNoneMatch: '*' } : {}),
    });
    return this.#create(`store \`${key}\``, how.signal, () => this.#client.send(command, { abortSignal: how.signal }));
  }

  /** Begins an upload in parts; returns its id. */
  async beginParts(key: string, upload: string, signal: AbortSignal): Promise<string> {
    const command = new this.#sdk.CreateMultipartUploadCommand({
      ...this.#at(key),
      ChecksumAlgorithm: 'SHA256',
      Metadata: { [UPLOAD_KEY]: upload },
    });
    const { UploadId } = await this.#try(`begin \`${key}\``, signal, () =>
      this.#client.send(command, { abortSignal: signal }),
    );
    if (UploadId === undefined) throw new CoppiceError('INTERNAL', 'S3 began an upload without an id');
    return UploadId;
  }

  /** Stores a part; the same number may be stored again. */
  async putPart(
    key: string,
    id: string,
    part: { number: number; body: Uint8Array; signal: AbortSignal },
  ): Promise<S3Part> {
    const { number: PartNumber, body, signal } = part;
    const ChecksumSHA256 = sha256Of(body);
    const input = { ...this.#at(key), UploadId: id, PartNumber, Body: body, ChecksumSHA256 };
    const { ETag } = await this.#try(`store a part of \`${key}\``, signal, () =>
      this.#client.send(new this.#sdk.UploadPartCommand(input), { abortSignal: signal }),
    );
    if (ETag === undefined) throw new CoppiceError('INTERNAL', 'S3 stored a part without a tag');
    return { PartNumber, ETag, ChecksumSHA256 };
  }

  /** Makes an object of the parts. */
  async endParts(
    key: string,
    id: string,
    how: { parts: readonly S3Part[]; onlyNew: boolean; signal: AbortSignal },
  ): Promise<CreateOutcome> {
    const command = new this.#sdk.CompleteMultipartUploadCommand({
      ...this.#at(key),
      UploadId: id,
      MultipartUpload: { Parts: [...how.parts] },
      ...(how.onlyNew ? { IfNoneMatch: '*' } : {}),
    });
    return this.#create(`complete \`${key}\``, how.signal, () =>
      this.#client.send(command, { abortSignal: how.signal }),
    );
  }

  /** Drops an upload and its parts; harmless if there is none. */
  async abortParts(key: string, id: string, signal: AbortSignal): Promise<void> {
    try {
      const command = new this.#sdk.AbortMultipartUploadCommand({ ...this.#at(key), UploadId: id });
      await this.#client.send(command, { abortSignal: signal });
    } catch (error) {
      if (this.#statusOf(error) !== 404) throw this.#failure(`abort \`${key}\``, error, signal);
    }
  }

  /**
   * Asks for an object or a range of it (`bytes=…`), and begins to receive it; undefined if there is none.
   *
   * @param how `etag`: only that very object.
   */
  async get(key: string, how: { range?: string; etag?: string; signal: AbortSignal }): Promise<S3Body | undefined> {
    const { range, etag, signal } = how;
    const command = new this.#sdk.GetObjectCommand({
      ...this.#at(key),
      ...(range === undefined ? {} : { Range: range }),
      ...(etag === undefined ? {} : { IfMatch: etag }),
    });
    try {
      const { Body, ContentLength, ContentRange, ETag } = await this.#client.send(command, { abortSignal: signal });
      const total = ContentRange === undefined ? ContentLength : Number(ContentRange.split('/')[1]);
      if (!isBytes(Body) || total === undefined || !Number.isSafeInteger(total))
        throw new CoppiceError('INTERNAL', `S3 answered without the bytes or the length of \`${key}\``);
      return { body: Body, totalBytes: total, etag: ETag ?? '' };
    } catch (error) {
      const status = this.#statusOf(error);
      if (status === 404 || status === 412) return undefined;
      throw this.#failure(`read \`${key}\``, error, signal);
    }
  }

  /** All keys that begin with a prefix. */
  async *keys(prefix: string, signal: AbortSignal): AsyncGenerator<string> {
    for (let token: string | undefined; ; ) {
      const input = {
        Bucket: this.#bucket,
        Prefix: prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      };
      const page = await this.#try('list', signal, () =>
        this.#client.send(new this.#sdk.ListObjectsV2Command(input), { abortSignal: signal }),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) yield Key;
      token = page.NextContinuationToken;
      if (page.IsTruncated !== true || token === undefined) return;
    }
  }

  /** Uploads in parts that were begun and neither completed nor dropped. `begunMs` is since the Unix epoch. */
  async *openUploads(
    prefix: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ key: string; id: string; begunMs: number }> {
    for (let marker: { KeyMarker?: string; UploadIdMarker?: string } = {}; ; ) {
      const command = new this.#sdk.ListMultipartUploadsCommand({ Bucket: this.#bucket, Prefix: prefix, ...marker });
      const page = await this.#try('list uploads', signal, () => this.#client.send(command, { abortSignal: signal }));
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (Key === undefined || UploadId === undefined) continue;
        yield { key: Key, id: UploadId, begunMs: Initiated?.getTime() ?? 0 };
      }
      if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return;
      marker = {
        KeyMarker: page.NextKeyMarker,
        ...(page.NextUploadIdMarker === undefined ? {} : { UploadIdMarker: page.NextUploadIdMarker }),
      };
    }
  }

  /** Removes an object; harmless if there is none. */
  async remove(key: string, signal: AbortSignal): Promise<void> {
    const command = new this.#sdk.DeleteObjectCommand(this.#at(key));
    await this.#try(`delete \`${key}\``, signal, () => this.#client.send(command, { abortSignal: signal }));
  }

  /** Closes the connections. */
  close(): void {
    this.#client.destroy();
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: key };
  }

  async #try<T>(what: string, signal: AbortSignal, request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw this.#failure(what, error, signal);
    }
  }

  async #create(what: string, signal: AbortSignal, request: () => Promise<unknown>): Promise<CreateOutcome> {
    try {
      await request();
      return 'created';
    } catch (error) {
      const status = this.#statusOf(error);
      if (status === 412) return 'exists';
      if (status === 409) return 'busy';
      throw this.#failure(what, error, signal);
    }
  }

  #statusOf(error: unknown): number | undefined {
    return error instanceof this.#sdk.S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  }

  #failure(what: string, error: unknown, signal: AbortSignal): unknown {
    if (error instanceof CoppiceError) return error;
    if (signal.aborted) return signal.reason;
    const name = error instanceof Error ? error.name : '';
    const reason = error instanceof Error && error.message !== '' ? error.message : name;
    const message = `S3 bucket \`${this.#bucket}\` cannot ${what}: ${reason}`;
    const status = this.#statusOf(error);
    const full = status === 507 || /Quota|StorageFull/.test(name);
    if (full) return new CoppiceError('STORAGE_FULL', message, { cause: error });
    const refused = status === 401 || status === 403 || status === 404 || /Credentials|Token|Region/.test(name);
    if (refused) return new CoppiceError('PREFLIGHT_FAILED', message, { cause: error });
    const away = status === undefined || status === 429 || (status >= 500 && status !== 501);
    return new CoppiceError(away ? 'DISCONNECTED' : 'INTERNAL', message, { cause: error });
  }
}

async function loadSdk(): Promise<Loaded> {
  try {
    return await import('@aws-sdk/client-s3');
  } catch (cause) {
    const message = 'a depot in S3 needs the package `@aws-sdk/client-s3`: npm install @aws-sdk/client-s3';
    throw new CoppiceError('PREFLIGHT_FAILED', message, { cause });
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('base64');
}

function isBytes(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
