/** What is thrown when a file of a segment is not what it should be. */
import { CoppiceError } from '../../errors.ts';

/** An error that names the file, the section and what is wrong with it. */
export function corrupt(file: string, section: string, problem: string): CoppiceError {
  return new CoppiceError('CORRUPT_SEGMENT', `segment file \`${file}\`, ${section}: ${problem}`, {
    details: { file, section },
  });
}

/** An error of a file that another version wrote. */
export function unsupported(file: string, version: number): CoppiceError {
  return new CoppiceError(
    'UNSUPPORTED_FORMAT',
    `segment file \`${file}\` has format ${version}, which is unknown here`,
    {
      details: { file, version },
    },
  );
}
