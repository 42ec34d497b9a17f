import { useRef, useState, type FormEvent, type RefObject } from 'react';
import { plainWords } from '../api/problem.js';
import { fieldsOfProblem, type FieldErrors } from './rules.js';

export interface Submit {
  form: RefObject<HTMLFormElement>;
  isBusy: boolean;
  /** By the `name` of the input. */
  fieldErrors: FieldErrors;
  /** A problem that belongs to no single field. */
  problem: string | undefined;
  onSubmit: (event: FormEvent) => void;
}

/** Sends a form once at a time, puts the server's problems beside their fields and the focus into the first bad one. */
export function useSubmit(options: { check: () => FieldErrors; send: () => Promise<void>; fields: string[] }): Submit {
  const form = useRef<HTMLFormElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [fieldErrors, setFieldErrors] = useState<FieldErrors>({});
  const [problem, setProblem] = useState<string>();

  const show = (errors: FieldErrors) => {
    setFieldErrors(errors);
    const bad = options.fields.find((name) => errors[name] !== undefined);
    const input = bad === undefined ? null : form.current?.elements.namedItem(bad);
    if (input instanceof HTMLElement) input.focus();
  };

  const run = async () => {
    const errors = options.check();
    setProblem(undefined);
    show(errors);
    if (Object.values(errors).some((error) => error !== undefined)) return;
    setBusy(true);
    try {
      await options.send();
    } catch (error) {
      const byField = fieldsOfProblem(error, options.fields);
      show(byField);
      if (Object.keys(byField).length === 0) setProblem(plainWords(error));
    } finally {
      setBusy(false);
    }
  };

  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!isBusy) void run();
  };
  return { form, isBusy, fieldErrors, problem, onSubmit };
}
