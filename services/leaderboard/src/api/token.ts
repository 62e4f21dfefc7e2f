const KEY = 'corescore.token';

/** The token lives as long as the tab: never in the address, never in lasting storage. */
export const readToken = (): string | null => sessionStorage.getItem(KEY);
export const keepToken = (token: string): void => sessionStorage.setItem(KEY, token);
export const forgetToken = (): void => sessionStorage.removeItem(KEY);
