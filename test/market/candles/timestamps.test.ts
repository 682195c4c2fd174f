/** Dates and times as files write them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTimeParser, formatTime, timeForms } from '../../../market/candles/timestamps.ts';

const iso = (text: string) => formatTime(createTimeParser()(text));

describe('createTimeParser', () => {
  test.each([
    ['2019-07-01', '2019-07-01T00:00:00.000Z'],
    ['2019-07-01T13:05:09Z', '2019-07-01T13:05:09.000Z'],
    ['2019-07-01 13:05', '2019-07-01T13:05:00.000Z'],
    ['2019-07-01 13:05:09.25', '2019-07-01T13:05:09.250Z'],
    ['2019-07-01T13:05:09.123456789Z', '2019-07-01T13:05:09.123Z'],
    ['2019-07-01T13:00:00+02:00', '2019-07-01T11:00:00.000Z'],
    ['2019-07-01 13:00:00-0530', '2019-07-01T18:30:00.000Z'],
    ['2019-07-01 13:00:00 UTC', '2019-07-01T13:00:00.000Z'],
    ['2019.07.01 13:00', '2019-07-01T13:00:00.000Z'],
    ['2019/7/1', '2019-07-01T00:00:00.000Z'],
    ['20190701', '2019-07-01T00:00:00.000Z'],
    ['1561939200', '2019-07-01T00:00:00.000Z'],
    ['1561939200.5', '2019-07-01T00:00:00.500Z'],
    ['1561939200000', '2019-07-01T00:00:00.000Z'],
    ['1561939200000000', '2019-07-01T00:00:00.000Z'],
    ['1561939200000000000', '2019-07-01T00:00:00.000Z'],
    ['01.07.2019 22:15:10.500', '2019-07-01T22:15:10.500Z'],
    ['01.07.2019 22:15:10', '2019-07-01T22:15:10.000Z'],
    ['01.07.2019 22:00:00.000 GMT+0100', '2019-07-01T21:00:00.000Z'],
    ['2019-07-01 01-PM', '2019-07-01T13:00:00.000Z'],
    ['2019-07-01 12-AM', '2019-07-01T00:00:00.000Z'],
    ['2019-07-01 12-PM', '2019-07-01T12:00:00.000Z'],
    ['7/1/2019 1:00 PM', '2019-07-01T13:00:00.000Z'],
    ['7/1/2019 12:30:05 am', '2019-07-01T00:30:05.000Z'],
    ['07/01/2019', '2019-07-01T00:00:00.000Z'],
    ['2000-02-29', '2000-02-29T00:00:00.000Z'],
    ['1965-01-04', '1965-01-04T00:00:00.000Z'],
  ])('reads %s as %s', (text, expected) => {
    expect(iso(text)).toBe(expected);
  });

  test.each([
    '',
    'yesterday',
    '12345',
    '2019-02-29',
    '2019-13-01',
    '2019-00-10',
    '31.06.2019',
    '13/7/2019',
    '7/1/19',
    '2019-07/01',
    '2019-07-01 24:00',
    '2019-07-01 10:60',
    '2019-07-01 13:00 PM',
    '2019-07-01 00-AM',
    '2019-07-01T13:00+25:00',
    '2019-07-01x',
    '-1561939200',
    '1561939200,5',
    '0050-01-01',
  ])('does not read "%s"', (text) => {
    expect(createTimeParser()(text)).toBeNaN();
  });

  test('reads back every time it could have written', () => {
    const dates = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const timeMs = date.getTime();
        const text = date.toISOString();
        const [year, month, day, clock] = text.split(/[-TZ]/);
        const parse = createTimeParser();
        expect(parse(text)).toBe(timeMs);
        expect(parse(`${day}.${month}.${year} ${clock}`)).toBe(timeMs);
        expect(parse(`${month}/${day}/${year} ${clock}`)).toBe(timeMs);
        expect(parse(text.replace('Z', '+01:00'))).toBe(timeMs - 3_600_000);
        if (timeMs >= 1e11) expect(parse(String(timeMs))).toBe(timeMs);
        if (timeMs >= 1e11) expect(parse(`${timeMs}999`)).toBe(timeMs);
      }),
    );
  });

  test('takes no text for two forms', () => {
    const texts = ['2019-07-01', '20190701', '1561939200', '01.07.2019', '7/1/2019'];
    for (const text of texts) {
      expect(timeForms.filter((form) => !Number.isNaN(form.parse(text)))).toHaveLength(1);
    }
  });

  test('follows a file that changes its form and says which it saw', () => {
    const seen = new Set<string>();
    const parse = createTimeParser(seen);
    expect(parse('1561939200')).toBe(1561939200000);
    expect(parse('2019-07-01')).toBe(1561939200000);
    expect([...seen]).toEqual(['unix time', 'year-month-day']);
  });
});

test('formatTime says when there is no time to write', () => {
  expect(formatTime(0)).toBe('1970-01-01T00:00:00.000Z');
  for (const timeMs of [Number.NaN, Infinity, 1e16]) expect(formatTime(timeMs)).toBe('an invalid time');
});
