"""A headless Chromium with a fresh profile, and what a test wants to know of a page."""
import json
import shutil
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from running_server import BUILD

ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-default-browser-check"]


class Browser:
    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="ca-chromium-")
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for argument in ARGUMENTS + ["--user-data-dir=" + self.profile]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        try:
            self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        except BaseException:
            shutil.rmtree(self.profile, ignore_errors=True)
            raise
        self.base = ""
        self.size(1600, 1000)

    def close(self):
        self.driver.quit()
        # Chromium's last processes may still write into it for a moment.
        deadline = time.monotonic() + 10
        while True:
            try:
                return shutil.rmtree(self.profile)
            except OSError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def size(self, width, height):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def prefer(self, scheme):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia",
                                    {"features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open(self, base, address="#/"):
        """As somebody who types the address: nothing is kept of the page before."""
        if self.base == base:
            self.driver.get("about:blank")
        self.base = base
        self.driver.get(base + "/" + address)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def texts(self, selector):
        return self.run("return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility())"
                        ".map(e => e.innerText.replace(/\\s+/g, ' ').trim())", selector)

    def text(self, selector):
        return " ".join(self.texts(selector))

    def wait(self, condition, timeout=10):
        """Until `condition` gives something true, which is returned."""
        deadline = time.monotonic() + timeout
        while True:
            value = condition()
            if value:
                return value
            assert time.monotonic() < deadline, "not within %s s; the page shows: %s" % (timeout, self.text("body")[:2000])
            time.sleep(0.03)

    def wait_text(self, selector, text, timeout=10):
        return self.wait(lambda: text in self.text(selector), timeout)

    def press(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def find(self, selector):
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def choose(self, selector, value):
        Select(self.find(selector)).select_by_value(value)

    def focused(self):
        return self.run("const e = document.activeElement; return e ? e.id || e.className || e.tagName : ''")

    def picture(self, name):
        folder = BUILD / "tests" / "screenshots"
        folder.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(folder / (name + ".png")))

    def complaints(self):
        """Console messages and violations of the content security policy since the last call. That a request was refused or
        failed is no complaint of the page's own: it is told apart by the tests that want it."""
        entries = self.driver.get_log("browser")
        return [e["message"] for e in entries if "Failed to load resource" not in e["message"]]

    def requested(self):
        """Addresses that were asked for since the last call, but for what the browser's own start page asks for, which may
        load long after the browser has begun."""
        found = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] != "Network.requestWillBeSent":
                continue
            if not message["params"].get("documentURL", "").startswith(("chrome:", "data:")):
                found.append(message["params"]["request"]["url"])
        return found


__all__ = ["Browser", "Keys"]
