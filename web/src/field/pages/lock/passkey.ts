/** The phone's own finger or face, by WebAuthn, as another way to open the lock. It works without a network.
 *
 * The browser makes the phone check the person; nothing is sent anywhere, so there is no server that would check a signature.
 */

const USER_VERIFIED = 0x04

/** Whether this device can check its person by itself. */
export async function passkeyPossible(): Promise<boolean> {
  if (!('PublicKeyCredential' in window)) return false
  return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable().catch(() => false)
}

/** Makes a passkey of this device and gives its id (base64); null when the person called it off. */
export async function makePasskey(person: { id: string; name: string }, appName: string): Promise<string | null> {
  const made = (await navigator.credentials
    .create({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        rp: { name: appName },
        user: { id: new TextEncoder().encode(person.id), name: person.name, displayName: person.name },
        pubKeyCredParams: [
          { type: 'public-key', alg: -7 },
          { type: 'public-key', alg: -257 },
        ],
        authenticatorSelection: { authenticatorAttachment: 'platform', userVerification: 'required' },
        attestation: 'none',
      },
    })
    .catch(() => null)) as PublicKeyCredential | null
  return made === null ? null : btoa(String.fromCharCode(...new Uint8Array(made.rawId)))
}

/** True when the phone has just checked its person for this passkey. */
export async function passkeyOpens(id: string): Promise<boolean> {
  const rawId = Uint8Array.from(atob(id), (letter) => letter.charCodeAt(0))
  const shown = (await navigator.credentials
    .get({
      publicKey: {
        challenge: crypto.getRandomValues(new Uint8Array(32)),
        allowCredentials: [{ type: 'public-key', id: rawId, transports: ['internal'] }],
        userVerification: 'required',
      },
    })
    .catch(() => null)) as PublicKeyCredential | null
  if (shown === null) return false
  return personVerified((shown.response as AuthenticatorAssertionResponse).authenticatorData)
}

/** The flag by which an authenticator says that it checked the person, not only that somebody was there. */
export function personVerified(authenticatorData: ArrayBuffer): boolean {
  return authenticatorData.byteLength >= 37 && (new Uint8Array(authenticatorData)[32]! & USER_VERIFIED) !== 0
}
