/** The dark around a popup that can be closed by a button of its own: for a screen reader it is no second button. */
export const NO_BUTTON: Record<string, undefined> = { role: undefined, tabindex: undefined }
