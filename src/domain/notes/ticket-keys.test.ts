import { describe, expect, it } from 'vitest';
import { ticketPrefixes, ticketsIn } from './ticket-keys.ts';

describe('ticketPrefixes', () => {
  it('are project keys and what stands before the number of a ticket, each once; a project that is but a number has none', () => {
    expect(ticketPrefixes(['app', 'WEB_2', 'APP-12', '1204', '', null, 'a b', 'APP-x', '.*'])).toEqual(['APP', 'WEB_2']);
  });
});

describe('ticketsIn', () => {
  const prefixes = ['APP', 'WEB'];

  it('finds whole keys only', () => {
    expect(ticketsIn(['APP-1, WEB-2; [APP-3] (APP-4) APP-5: MYAPP-6 APP-7x APP- APP8 APP_9 _APP-10_'], [], prefixes)).toEqual([
      ...['APP-1', 'APP-3', 'APP-4', 'APP-5', 'APP-10', 'WEB-2'],
    ]);
  });

  it('takes lower case in branches only', () => {
    expect(ticketsIn(['app-1'], ['feature/app-2-x', 'APP-3'], prefixes)).toEqual(['APP-2', 'APP-3']);
  });
});
