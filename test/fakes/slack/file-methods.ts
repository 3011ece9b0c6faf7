import type { FakeAnswer, FakeRequest } from '../fake-server.ts';
import { channelOf, type Method } from './methods.ts';
import { needScope, Refusal } from './refusal.ts';
import type { FakeFile, FakeWorkspace } from './workspace.ts';

/** Files in three steps: an address is asked for, the bytes are sent there, what was sent is shared ("Working with files"). */

export const fileMethods: Readonly<Record<string, Method>> = {
  'files.getUploadURLExternal': ({ workspace, args, origin }) => {
    needScope(workspace, 'files:write');
    const length = Number(args.length);
    if (!args.filename || !Number.isInteger(length) || length < 1) throw new Refusal('invalid_arguments');
    const file = workspace.announceFile(args.filename, length);
    return { upload_url: `${origin}/upload/v1/${file.ticket}`, file_id: file.id };
  },

  'files.completeUploadExternal': ({ workspace, args }) => {
    needScope(workspace, 'files:write');
    const files = parsedFiles(args.files).map(({ id }) => workspace.files.get(id));
    const channel = args.channel_id === undefined ? null : channelOf(workspace, { channel: args.channel_id });
    if (channel !== null && !channel.isMember) throw new Refusal('not_in_channel');
    const { thread_ts } = args;
    if (thread_ts !== undefined && !channel?.messages.some(({ ts }) => ts === thread_ts)) throw new Refusal('thread_not_found');
    const complete = files.map((file) => {
      if (!file) throw new Refusal('file_not_found');
      if (file.bytes === null) throw new Refusal('file_upload_incomplete');
      return file;
    });
    if (complete.length === 0) throw new Refusal('invalid_arguments');
    if (channel !== null)
      for (const file of complete)
        file.shared = { channelId: channel.id, threadTs: thread_ts ?? null, comment: args.initial_comment ?? null };
    return { files: complete.map(({ id, name }) => ({ id, title: name, permalink: `${workspace.url()}files/${id}` })) };
  },

  'files.info': ({ workspace, args }) => {
    needScope(workspace, 'files:read');
    const file = workspace.files.get(args.file ?? '');
    if (!file || file.bytes === null) throw new Refusal('file_not_found');
    const { id, name, shared, sizeBytes: size } = file;
    const channel = shared === null ? undefined : workspace.channels.get(shared.channelId);
    const shares =
      channel === undefined ? {} : { [channel.isPrivate ? 'private' : 'public']: { [channel.id]: [{ ts: '1700000000.000001' }] } };
    return { file: { id, name, size, permalink: `${workspace.url()}files/${id}`, shares } };
  },
};

function parsedFiles(json: string | undefined): { id: string }[] {
  const value: unknown = JSON.parse(json ?? '[]');
  const isList = Array.isArray(value) && value.every((each): each is { id: string } => typeof each?.id === 'string');
  if (!isList) throw new Refusal('invalid_arguments');
  return value;
}

/** The file store: knows no token, only the address. */
export function receiveFile(workspaces: Iterable<FakeWorkspace>, { params, rawBody, headers }: FakeRequest): FakeAnswer {
  const file = [...workspaces].flatMap(({ files }) => [...files.values()]).find(({ ticket }) => ticket === params.ticket);
  if (!file) return plain(404, 'Not Found');
  // A store that counts wants to know beforehand; a body of another length is not the file that was announced.
  if (headers['content-length'] === undefined) return plain(411, 'Length Required');
  if (headers.authorization !== undefined || rawBody.length !== file.sizeBytes) return plain(400, 'Bad Request');
  keep(file, rawBody);
  return plain(200, `OK - ${rawBody.length}`);
}

function keep(file: FakeFile, bytes: Buffer): void {
  file.bytes = bytes;
}

const plain = (status: number, body: string): FakeAnswer => ({ status, body, headers: { 'content-type': 'text/plain' } });
