/** What a secret can be called, whoever sets it. */
export const SECRET_NAME = /^[A-Z][A-Z0-9_]{0,63}$/;
