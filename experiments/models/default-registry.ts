/** Where models are kept unless told otherwise: a directory, from the working directory. */
export const DEFAULT_REGISTRY = 'registry';
