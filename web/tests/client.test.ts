import { afterEach, expect, test, vi } from 'vitest';
import { failure, fetchCampaign } from '../src/api/client';

afterEach(() => vi.unstubAllGlobals());
const asked = (answer: () => Promise<Response>) => {
  vi.stubGlobal('fetch', answer);
  return fetchCampaign().catch(failure);
};
const says = (status: number, body: string) => () => Promise.resolve(new Response(body, { status }));

test('a server that refuses has answered, and its reason is kept', async () => {
  const detail = 'level: it has 900000 areas';
  expect(await asked(says(400, JSON.stringify({ title: 'Bad Request', detail })))).toEqual({
    kind: 'failed',
    message: detail,
    answered: true,
  });
  expect(await asked(says(503, JSON.stringify({ title: 'Too busy' })))).toMatchObject({ answered: true });
  expect(await asked(says(500, ''))).toMatchObject({ message: 'HTTP 500', answered: true });
  expect(await asked(says(200, 'half a docu'))).toMatchObject({ answered: true });
});
test('no network is no answer, nor is a gateway that reaches nobody', async () => {
  expect(await asked(() => Promise.reject(new TypeError('Failed to fetch')))).toMatchObject({
    answered: false,
  });
  for (const status of [502, 503, 504])
    expect(await asked(says(status, '<html>'))).toMatchObject({ answered: false });
});
