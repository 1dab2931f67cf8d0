/** What went wrong, whether data are safe, and what to do: in English. */
import type { Texts } from "./texts.ts";

export const problemsEn: Texts["problems"] = {
  accessBusy: {
    title: "Your store is asking already",
    what: "A request for this app, or for several others, waits for you there. Nothing was changed.",
    todo: "Answer it in your store, or wait two minutes, then try again.",
  },
  accessExpired: {
    title: "No answer from your store",
    what: "Nobody answered the request within two minutes, or it is being asked about too many apps. Nothing was changed.",
    todo: "Try again when you are at your store; npx masq apps requests shows who asks.",
  },
  accessRefused: {
    title: "Your store said no",
    what: "Access was refused there, now or lately. Nothing was changed.",
    todo: "If that was a mistake, wait a minute and try again.",
  },
  cameraFailed: {
    title: "The camera does not work",
    what: "It could not be started; another program may be using it.",
    todo: "Close what uses it and try again, or paste the link.",
  },
  cameraMissing: {
    title: "No camera here",
    what: "This device has no camera that the browser knows of.",
    todo: "Paste the link instead.",
  },
  cameraRefused: {
    title: "The camera was not allowed",
    what: "The browser did not let this page use the camera.",
    todo: "Allow it in the browser’s settings for this page, or paste the link.",
  },
  cancelled: {
    title: "Cancelled",
    what: "Nothing was changed, and your data are safe.",
    todo: "Try again when you like.",
  },
  circles: {
    title: "Both have other devices already",
    what: "Each of the two belongs together with other devices, and these differ. Nothing was changed, and no data are lost.",
    todo: "On each device of the smaller group: keep what is nowhere else with the app’s own export, then delete this site’s data in the browser’s settings and connect it again, as a new device.",
  },
  damaged: {
    title: "The data cannot be read",
    what: "What is kept here is damaged, or was not written by this app. Nothing was changed.",
    todo: "Leave everything as it is and ask for help. Another device of yours may hold it all.",
  },
  declined: {
    title: "You said no",
    what: "The devices are not connected, and nothing was changed.",
    todo: "If that was a mistake, try again with a new link.",
  },
  digits: {
    title: "Not connected",
    what: "The digits were not those of the other device, or it said no. Nothing was changed.",
    todo: "Try again with a new link, and look at the digits closely.",
  },
  expired: {
    title: "The link has run out",
    what: "Nobody opened it in time. Nothing was changed.",
    todo: "Make a new one when the other device is at hand.",
  },
  foreign: {
    title: "A link of another app",
    what: "This invitation is not for this app. It was not used, and nothing was sent.",
    todo: "Open the link in the app it belongs to, or make one here on your other device.",
  },
  full: {
    title: "No space left",
    what: "What was saved before is safe and can be read. Newer changes, made here or on another device, are not kept here.",
    todo: "Free some space on this device, then save again what you did last. What other devices have follows by itself.",
  },
  interrupted: {
    title: "Interrupted",
    what: "The tab of this app that was at work for all of them was closed or stopped. Nobody else had a part in it, and no data are lost.",
    todo: "Try again with a new link; that also completes what was half done.",
  },
  invalid: {
    title: "This is no whole link",
    what: "A part is missing, or a newer version of the app made it. Nothing was sent.",
    todo: "Copy the whole link once more; if that does not help, update the app on both devices.",
  },
  locked: {
    title: "In use elsewhere",
    what: "Another program or window has these data open. They are safe.",
    todo: "Use that one, or close it and try again.",
  },
  lost: {
    title: "The data cannot be read any more",
    what: "The browser has deleted or damaged what this app kept here while the page was open. Nothing was deleted on your other devices.",
    todo: "Reload this page. If the data are gone then, connect another device of yours to have them all back.",
  },
  newer: {
    title: "Written by a newer version",
    what: "A newer version of the app wrote these data. They are safe, and nothing was changed.",
    todo: "Update the app; reloading the page is often enough.",
  },
  noAccess: {
    title: "This app has no access",
    what: "Your store does not let this app in, or no longer. The data are safe in your store.",
    todo: "Ask for access again from the app, and allow it in your store.",
  },
  nobody: {
    title: "Nobody answers to this link",
    what: "It has been used, has run out, or the other device is not connected any more. Nothing was changed.",
    todo: "Make a new link on the other device and open it within five minutes.",
  },
  noSyncService: {
    title: "Devices cannot meet yet",
    what: "This app names no sync service, through which devices find each other. Your data stay on this device, and are safe.",
    todo: "Open a link made on another device, if that one has a service; else ask whoever makes the app.",
  },
  other: {
    title: "That did not work",
    what: "Something went wrong that was not foreseen. What was saved before is safe.",
    todo: "Try again. If it comes back, send the details to whoever makes the app.",
  },
  ownLink: {
    title: "This link is for the other device",
    what: "It was made on this very device. Nothing was changed, and it stays good.",
    todo: "Open it on the device you want to connect, or point that one’s camera at the code.",
  },
  pairingFailed: {
    title: "The connection broke off",
    what: "The other device was lost on the way, or somebody else opened the same link. No data are lost.",
    todo: "Look whether you know all devices in the list, then try again with a new link that nobody else gets to see.",
  },
  refused: {
    title: "The other device said no",
    what: "Somebody said no there, did not answer in time, or the link belongs to another app. Nothing was changed.",
    todo: "Try again with a new link.",
  },
  storage: {
    title: "The data could not be kept",
    what: "This device’s storage reported an error. What was saved before is safe unless the storage lost it.",
    todo: "Check the free space, reload the page, and try again.",
  },
  storeAbsent: {
    title: "No store found",
    what: "No store answers on this computer, or the browser does not let this page reach it. Your data are safe where they are.",
    todo: "Start it with npx masq start, allow this page to reach this computer, and try again.",
  },
  storeAway: {
    title: "Your store does not answer",
    what: "It was away or busy for too long. What was saved before is safe in it.",
    todo: "See that it runs (npx masq doctor helps), then try again.",
  },
  storeBlocked: {
    title: "The browser keeps this page from your store",
    what: "It has been told, by you or by a policy, not to let this page reach programs on this computer. Your data are safe where they are.",
    todo: "Allow “apps on this device” or “local network” in the browser’s settings for this page, reload it, and try again.",
  },
  storeMismatch: {
    title: "Another store answers",
    what: "What answers is not the store that let this app in. Nothing was sent to it.",
    todo: "Start your own store. If you have set it up anew, let the app forget the former one.",
  },
  storeMixed: {
    title: "This browser lets no page reach a store",
    what: "Safari keeps secure pages from all programs on the computer. Your data are safe where they are.",
    todo: "Use another browser on this computer.",
  },
  storePermission: {
    title: "The browser waits for your answer",
    what: "It asks whether this page may reach programs on this computer. Nothing was changed.",
    todo: "Say yes to it, then try again.",
  },
  storePolicy: {
    title: "This app forbids itself to reach a store",
    what: "The page’s own security policy (connect-src) names no store. Nothing was changed.",
    todo: "Tell whoever makes the app.",
  },
  storeRevoked: {
    title: "Your store has withdrawn access",
    what: "Your store no longer lets this app in. What it holds stays there; the app goes on with what is on this device.",
    todo: "If that was a mistake, ask it again by “Keep my data on this computer”.",
  },
  storePairs: {
    title: "Your store connects your devices",
    what: "This app’s data are in your store, which is connected with others by itself. Nothing was done.",
    todo: "Use masq invite on one computer and masq join on the other.",
  },
  syncServiceAway: {
    title: "The sync service is not reachable",
    what: "Through it your devices find each other. Your data are kept on this device, and are safe.",
    todo: "Check the network and try again later; sync goes on by itself.",
  },
  syncServiceRefused: {
    title: "The sync service turned us away",
    what: "It may want another version, an access token, or a pause. Your data are kept on this device, and are safe.",
    todo: "Try again in a minute, or ask whoever runs the service.",
  },
  unsuitable: {
    title: "This browser cannot keep your data",
    what: "It is too old, or does not let this page store anything, as in some private windows. Nothing was changed.",
    todo: "Update it, allow this page to store data, or leave the private window.",
  },
};
