/** Dates and times as files write them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTime } from '../../../market/candles/timestamps.ts';
import { parseTime, readClockText, readCompact, readEpoch } from '../../../market/files/time-text.ts';

const iso = (text: string) => formatTime(parseTime(text));

describe('parseTime', () => {
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
    ['7/31/2019 1:00 PM', '2019-07-31T13:00:00.000Z'],
    ['31/7/2019 12:30:05 am', '2019-07-31T00:30:05.000Z'],
    ['7/7/2019', '2019-07-07T00:00:00.000Z'],
    ['Jan 27, 2023', '2023-01-27T00:00:00.000Z'],
    ['27 January 2023 15:30', '2023-01-27T15:30:00.000Z'],
    ['27-Jan-23', '2023-01-27T00:00:00.000Z'],
    ['Fri, 27 Jan 2023', '2023-01-27T00:00:00.000Z'],
    ['2023년 01월 27일', '2023-01-27T00:00:00.000Z'],
    ['2023- 01- 27', '2023-01-27T00:00:00.000Z'],
    ['2023-01-27 오후 3:30', '2023-01-27T15:30:00.000Z'],
    ['2023-01-27 15:30 KST', '2023-01-27T06:30:00.000Z'],
    ['20230103 153000', '2023-01-03T15:30:00.000Z'],
    ['202301031530', '2023-01-03T15:30:00.000Z'],
    ['20230103153000', '2023-01-03T15:30:00.000Z'],
    ['20230103153000123', '2023-01-03T15:30:00.123Z'],
    ['31795200000', '1971-01-04T00:00:00.000Z'],
    ['2019-07-01 24:00', '2019-07-02T00:00:00.000Z'],
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
    '13/13/2019',
    '7/1/2019',
    '7/1/19',
    '2019-07/01',
    '2019-07-01 24:01',
    '99999999999999999999',
    '4102444800000000000',
    '2019-07-01 10:60',
    '2019-07-01 13:00 PM',
    '2019-07-01 00-AM',
    '2019-07-01T13:00+25:00',
    '2019-07-01x',
    '-1561939200',
    '1561939200,5',
    '0050-01-01',
  ])('does not read "%s"', (text) => {
    expect(parseTime(text)).toBeNaN();
  });

  test('reads back every time it could have written', () => {
    const dates = fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const timeMs = date.getTime();
        const text = date.toISOString();
        const [year, month, day, clock] = text.split(/[-TZ]/);
        const parse = parseTime;
        expect(parse(text)).toBe(timeMs);
        expect(parse(`${day}.${month}.${year} ${clock}`)).toBe(timeMs);
        if (Number(day) > 12) expect(parse(`${month}/${day}/${year} ${clock}`)).toBe(timeMs);
        if (Number(day) > 12) expect(parse(`${day}/${month}/${year} ${clock}`)).toBe(timeMs);
        expect(parse(text.replace('Z', '+01:00'))).toBe(timeMs - 3_600_000);
        if (timeMs >= 1e11) expect(parse(String(timeMs))).toBe(timeMs);
        if (timeMs >= 1e11) expect(parse(`${timeMs}999`)).toBe(timeMs);
      }),
    );
  });
});

test('a count since 1970 is of the coarsest unit that does not lie after 2100', () => {
  expect(readEpoch('31795200000')).toEqual({ unit: 'ms', ms: 31795200000 });
  expect(readEpoch('4102444799')).toMatchObject({ unit: 's' });
  expect(readEpoch('4102444800')).toMatchObject({ unit: 'ms' });
  expect(readEpoch('1672759800000999')).toEqual({ unit: 'µs', ms: 1672759800000 });
  expect(readEpoch('1672759800000999999')).toEqual({ unit: 'ns', ms: 1672759800000 });
  for (const text of ['99999999', '4102444800000000000', '12345678901234567890'])
    expect(readEpoch(text)).toBeUndefined();
});

test('compact digits are a date of the calendar, or none', () => {
  expect(formatTime(readCompact('2023010315'))).toBe('2023-01-03T15:00:00.000Z');
  for (const text of ['20230230', '20231301', '2023010325', '18991231', '202301'])
    expect(readCompact(text)).toBeNaN();
});

test('a clock of its own needs no leading zeros', () => {
  const clock = (text: string) => formatTime(readClockText(text)).slice(11, 19);
  expect(['0', '930', '93000', '153000', '1530', '15:30', '9:05:07'].map(clock)).toEqual([
    '00:00:00',
    '09:30:00',
    '09:30:00',
    '15:30:00',
    '15:30:00',
    '15:30:00',
    '09:05:07',
  ]);
  for (const text of ['2460', '250000', 'noon', '']) expect(readClockText(text)).toBeNaN();
});

test('formatTime says when there is no time to write', () => {
  expect(formatTime(0)).toBe('1970-01-01T00:00:00.000Z');
  for (const timeMs of [Number.NaN, Infinity, 1e16]) expect(formatTime(timeMs)).toBe('an invalid time');
});
