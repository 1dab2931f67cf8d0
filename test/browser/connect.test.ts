/** Connecting devices with `<masq-connect>`: real browsers, real peers, a real sync service, the strictest policy. */
import { describe, expect, it } from "vitest";
import { startSyncServiceProcess } from "@masq/sync-service/testing";
import { axeViolations } from "./axe.ts";
import { browserPath, withoutBrowser } from "./browser.ts";
import { useConnectApp, type AppDevice, type PageGlobals } from "./connect-app.ts";

describe.skipIf(browserPath === undefined)(
  `<masq-connect> ${browserPath === undefined ? withoutBrowser : ""}`,
  () => {
    const { app, open, openDialog, devices } = useConnectApp();

    const put = ({ page }: AppDevice, key: string, value: string): Promise<unknown> =>
      page.evaluate(
        (entry) => (globalThis as unknown as PageGlobals).client.put(entry.key, entry.value),
        { key, value },
      );

    /** Resolves when the key shows this value. */
    const shows = ({ page }: AppDevice, key: string, value: string): Promise<unknown> =>
      page.evaluate(
        async (wanted) => {
          const { client } = globalThis as unknown as PageGlobals;
          const { promise, resolve } = Promise.withResolvers<void>();
          const look = async (): Promise<void> => {
            if ((await client.get(wanted.key)) === wanted.value) resolve();
          };
          const stop = client.watch({ key: wanted.key }, () => void look());
          await look();
          await promise;
          stop();
        },
        { key, value },
      );

    const useLink = async (device: AppDevice, link: string): Promise<void> => {
      await device.press("I have a link");
      await device.field("Invitation link").fill(link);
      await device.press("Connect");
    };

    /** The page is open already, and meets a link. */
    const meetLink = ({ page }: AppDevice, link: string): Promise<void> =>
      page.evaluate((hash) => {
        location.hash = hash;
      }, new URL(link).hash);

    /** Lets the time of a page with its own clock pass until this comes of it. */
    const waitInVain = async ({ page, dialog }: AppDevice, title: string): Promise<void> => {
      const heading = dialog.getByRole("heading", { level: 2, name: title });
      await dialog.getByText("Looking for the other device…").waitFor();
      while (!(await heading.isVisible())) await page.clock.fastForward(1_000);
    };

    /** Resolves when the page has taken in that its sync service is there: it asks for its rendezvous only then. */
    const isListening = async ({ page }: AppDevice): Promise<void> => {
      const socket = await page.waitForEvent("websocket");
      await socket.waitForEvent("framereceived");
      await socket.waitForEvent("framesent");
    };

    const digitsIn = async ({ dialog }: AppDevice): Promise<string> =>
      (await dialog.locator(".digits .unseen").innerText()).replaceAll(" ", "");

    /** Both people compare and say yes. */
    const bothSayYes = async (one: AppDevice, other: AppDevice): Promise<void> => {
      await Promise.all([one.titled("Is this your device?"), other.titled("Is this your device?")]);
      const digits = await digitsIn(one);
      expect(digits).toMatch(/^\d{6}$/);
      expect(await digitsIn(other)).toBe(digits);
      await one.press("Yes, connect");
      await one.says("Now say yes on the other device too");
      await other.press("Yes, connect");
      await Promise.all([one.titled("Connected"), other.titled("Connected")]);
    };

    it("connects two devices by a link once both people have said yes, and shows how they are", async () => {
      const [one, other] = [await openDialog(), await openDialog()];
      await one.dialog.getByRole("heading", { name: "On this device only" }).waitFor();
      await one.page.evaluate(() => {
        addEventListener("masq-paired", (event) => {
          document.title = (event as CustomEvent<{ device: { name: string } }>).detail.device.name;
        });
      });
      await put(one, "k", "from one");
      const link = await one.invite();
      expect(new URL(link).origin).toBe(app().origin);
      expect(await one.dialog.getByRole("img", { name: "QR code" }).locator("path").count()).toBe(
        1,
      );
      expect(await one.dialog.getByRole("timer").innerText()).toMatch(/[45] min/);
      await useLink(other, link);
      await bothSayYes(one, other);
      expect(await one.page.title()).toMatch(/Chrom/);
      await shows(other, "k", "from one");
      for (const device of [one, other]) {
        await device.press("Done");
        await device.says("Connected now");
        await device.dialog.getByRole("heading", { name: "Everything verified" }).waitFor();
        expect(await device.dialog.locator(".name").nth(1).innerText()).toMatch(/^“.*”$/);
        expect(await axeViolations(device.page)).toEqual([]);
      }
      await put(other, "k", "from the other");
      await shows(one, "k", "from the other");
    });

    it("has the digits typed where there are data already, and takes no others", async () => {
      const [one, other] = [await openDialog(), await openDialog()];
      await put(other, "mine", "already here");
      await useLink(other, await one.invite());
      await other.says("There are data here already");
      expect(await other.dialog.locator(".digits").count()).toBe(0);
      await other.press("Yes, connect");
      await other.says("Type all six digits.");
      await one.titled("Is this your device?");
      const wrong = (await digitsIn(one)) === "000000" ? "000001" : "000000";
      await other.field("Digits on the other device").fill(wrong);
      await other.press("Yes, connect");
      await other.says("The digits were not those");
      await one.titled("The other device said no");
      await one.press("Connect another device");
      const link = await one.field("Invitation link").inputValue();
      await other.press("I have a link");
      await other.field("Invitation link").fill(link);
      await other.press("Connect");
      await one.titled("Is this your device?");
      const digits = await digitsIn(one);
      await one.press("Yes, connect");
      await other
        .field("Digits on the other device")
        .fill(`${digits.slice(0, 3)} ${digits.slice(3)}`);
      await other.press("Yes, connect");
      await Promise.all([one.titled("Connected"), other.titled("Connected")]);
      await shows(one, "mine", "already here");
    });

    it("asks by itself when the page is opened by an invitation, and says no on both sides", async () => {
      const one = await openDialog();
      const link = await one.invite();
      const other = await open({ url: link });
      await other.titled("A device invites this one");
      expect(other.page.url()).toBe(`${app().origin}/`);
      expect(await other.page.content()).not.toContain("masq=");
      await other.press("Connect");
      await one.titled("Is this your device?");
      await one.press("No");
      await one.titled("You said no");
      await other.titled("The other device said no");
      expect(await axeViolations(other.page)).toEqual([]);
    });

    it("ends a link when its window is closed, and leaves no secret in the page", async () => {
      const [one, other] = [await openDialog(), await openDialog()];
      const link = await one.invite();
      const secret = link.slice(link.indexOf("#masq=") + 6);
      const inPage = ({ page }: AppDevice): Promise<string> =>
        page.evaluate(() => {
          const { shadowRoot } = document.querySelector("masq-connect") as HTMLElement;
          const fields = [...(shadowRoot?.querySelectorAll("input") ?? [])];
          return `${shadowRoot?.innerHTML} ${fields.map(({ value }) => value).join(" ")}`;
        });
      // Even while it is shown it is in no attribute.
      expect(await one.dialog.evaluate((dialog) => dialog.innerHTML)).not.toContain(secret);
      expect(await inPage(one)).toContain(secret);
      await one.page.keyboard.press("Escape");
      await one.dialog.waitFor({ state: "hidden" });
      // A dialog is hidden a moment before it tells that it was closed.
      await expect.poll(() => inPage(one)).not.toContain(secret);
      await other.page.clock.install();
      const welcomed = other.page
        .waitForEvent("websocket")
        .then((socket) => socket.waitForEvent("framereceived"));
      await useLink(other, link);
      await welcomed;
      await other.page.clock.fastForward("00:05");
      await other.says("Nobody answers yet. Is the link still shown on the other device?");
      await waitInVain(other, "Nobody answers to this link");
      await other.says("It has been used, has run out");
      await other.says("Make a new link on the other device");
    });

    it("says of a link that it is for the other device where it was made, in any tab, and keeps it open", async () => {
      const one = await openDialog();
      const link = await one.invite();
      await meetLink(one, link);
      await one.titled("This link is for the other device");
      expect(one.page.url()).toBe(`${app().origin}/`);
      expect(await axeViolations(one.page)).toEqual([]);
      await one.press("Back to the link");
      expect(await one.field("Invitation link").inputValue()).toBe(link);
      const tab = await open({ url: link, tabOf: one });
      await tab.titled("A device invites this one");
      await tab.press("Connect");
      await tab.titled("This link is for the other device");
      await tab.press("Done");
      const other = await openDialog();
      await useLink(other, link);
      await bothSayYes(one, other);
    });

    it("asks before a second link ends what is under way", async () => {
      const [one, other] = [await openDialog(), await openDialog()];
      const [shown, met] = [await one.invite(), await other.invite()];
      await meetLink(one, met);
      await one.titled("Another link");
      expect(await axeViolations(one.page)).toEqual([]);
      await one.press("Go on as before");
      expect(await one.field("Invitation link").inputValue()).toBe(shown);
      await meetLink(one, met);
      await one.press("End it and use the new link");
      await one.titled("A device invites this one");
      await one.press("Connect");
      await one.titled("Is this your device?");
      // The one that is being joined is nothing new.
      await meetLink(one, met);
      await meetLink(one, shown);
      await one.titled("Another link");
      await one.press("Back");
      await bothSayYes(one, other);
    });

    it("says that the tab was closed in which an invitation waited, and makes another one", async () => {
      const holder = await open();
      const tab = await openDialog({ tabOf: holder });
      await tab.invite();
      await holder.page.close();
      await tab.titled("Interrupted");
      await tab.says("Nobody else had a part in it, and no data are lost.");
      await tab.press("Connect another device");
      const other = await openDialog();
      await useLink(other, await tab.field("Invitation link").inputValue());
      await bothSayYes(tab, other);
    });

    it("tells half a link, another app's link and other text apart, with what to do", async () => {
      const [one, other] = [await openDialog(), await openDialog()];
      const link = await one.invite();
      await useLink(other, link.slice(0, -8));
      await other.titled("This is no whole link");
      await other.press("Back");
      await other.press("I have a link");
      const wrong = other.dialog.getByRole("alert");
      await other
        .field("Invitation link")
        .fill(link.replace(app().origin, "https://notes.example.org"));
      await other.press("Connect");
      expect(await wrong.innerText()).toContain("A link of another app");
      await other.field("Invitation link").fill("hello");
      await other.press("Connect");
      expect(await wrong.innerText()).toContain("This is not an invitation");
      expect(await axeViolations(other.page)).toEqual([]);
    });

    it("says that the sync service cannot be reached", async () => {
      const gone = await startSyncServiceProcess();
      const one = await openDialog({ syncService: gone.url });
      const link = await one.invite();
      await gone.stop();
      const other = await openDialog();
      await other.page.clock.install();
      await useLink(other, link);
      await waitInVain(other, "The sync service is not reachable");
      await other.says("Your data are kept on this device");
      // What the browser itself says of a service that is gone.
      devices.splice(0).forEach(({ faults }) => {
        expect(faults.filter((fault) => !fault.includes(gone.url.slice(5)))).toEqual([]);
      });
    });

    it("says what is missing where the app names no sync service", async () => {
      const alone = await openDialog({ syncService: undefined });
      await alone.press("Connect another device");
      await alone.titled("Devices cannot meet yet");
      expect(await axeViolations(alone.page)).toEqual([]);
    });

    it("says when a link has run out", async () => {
      const one = await open();
      await one.page.clock.install();
      await one.button.click();
      const listening = isListening(one);
      await one.invite();
      // Before that nobody could have opened it, and the sync service would be what is told of.
      await listening;
      await one.page.clock.fastForward("05:01");
      await one.titled("The link has run out");
      await one.says("Nobody opened it in time.");
    });

    it("reads the code with the camera after a click, or says why not", async () => {
      const [one, other] = [await openDialog(), await openDialog()];
      const link = await one.invite();
      // There is no detector of codes in Chromium on Linux; this one sees the link at once.
      await other.page.evaluate((seen) => {
        Object.assign(globalThis, {
          BarcodeDetector: class {
            detect = async () => [{ rawValue: seen }];
          },
        });
      }, link);
      await other.press("I have a link");
      await other.press("Scan with the camera");
      await other.dialog
        .getByRole("alert")
        .getByText(/camera/i)
        .waitFor();
      await other.page.evaluate(() => {
        const stream = document.createElement("canvas").captureStream(5);
        Object.assign(navigator.mediaDevices, { getUserMedia: async () => stream });
        Object.assign(globalThis, { stream });
      });
      await other.press("Scan with the camera");
      await Promise.all([one.titled("Is this your device?"), other.titled("Is this your device?")]);
      const states = await other.page.evaluate(() =>
        (globalThis as unknown as { stream: MediaStream }).stream
          .getTracks()
          .map(({ readyState }) => readyState),
      );
      expect(states).toEqual(["ended"]);
    });
  },
);
