#include "analysis/paths/names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "analysis/paths/wildcard.h"

namespace ca::analysis::paths {
namespace {

using std::string_view;

constexpr std::array secret_patterns = {
    string_view(".env"), string_view(".env.*"), string_view("*.env"), string_view("*.pem"), string_view("*.key"),
    string_view("*.p12"), string_view("*.pfx"), string_view("*.jks"), string_view("*.keystore"), string_view("*.kdbx"),
    string_view("*.ppk"), string_view("*.p8"), string_view("*.ovpn"), string_view("id_rsa*"), string_view("id_dsa*"),
    string_view("id_ecdsa*"), string_view("id_ed25519*"), string_view(".netrc"), string_view("_netrc"), string_view(".pgpass"),
    string_view(".pypirc"), string_view(".npmrc"), string_view(".htpasswd"), string_view(".git-credentials"),
    string_view(".dockercfg"), string_view("credentials"), string_view("credentials.*"), string_view("secrets.y*ml"),
    string_view("secrets.json"), string_view("secrets.toml"), string_view("secrets.ini"), string_view("secret.y*ml"),
    string_view("secret.json"), string_view("service-account*.json"), string_view("service_account*.json"),
    string_view("*.tfvars"), string_view("*.tfstate"), string_view("terraform.rc"), string_view(".vault-token"),
    string_view("shadow"), string_view("master.key"), string_view(".envrc"),
};

// These names are secrets only in their own folder.
constexpr std::array secret_paths = {
    string_view(".docker/config.json"), string_view(".kube/config"), string_view(".ssh/config"), string_view("gh/hosts.yml"),
};

constexpr std::array harmless_suffixes = {
    string_view(".pub"), string_view(".example"), string_view(".sample"), string_view(".template"), string_view(".dist"),
    string_view(".md"), string_view(".py"), string_view(".h"), string_view(".c"), string_view(".cc"), string_view(".cpp"),
    string_view(".go"), string_view(".rs"), string_view(".java"), string_view(".js"), string_view(".ts"),
};

constexpr std::array generated_folders = {
    string_view(".git"), string_view(".hg"), string_view(".svn"), string_view(".bzr"), string_view("cvs"), string_view("build"),
    string_view("build-*"), string_view("build_*"), string_view("_build"), string_view("cmake-build-*"),
    string_view("cmakefiles"), string_view("dist"), string_view("target"), string_view("node_modules"),
    string_view("bower_components"), string_view("__pycache__"), string_view("venv"), string_view(".venv"),
    string_view("virtualenv"), string_view(".virtualenv"), string_view("site-packages"), string_view(".tox"), string_view(".nox"),
    string_view(".eggs"), string_view("*.egg-info"), string_view("*.dist-info"), string_view(".mypy_cache"),
    string_view(".pytest_cache"), string_view(".ruff_cache"), string_view(".cache"), string_view(".ccache"),
    string_view(".gradle"), string_view(".idea"), string_view(".vscode"), string_view(".vs"), string_view(".next"),
    string_view(".nuxt"), string_view(".terraform"), string_view("htmlcov"), string_view(".ipynb_checkpoints"),
};

constexpr std::array test_folders = {
    string_view("test"), string_view("tests"), string_view("__tests__"), string_view("testdata"), string_view("testsuite"),
    string_view("unittest"), string_view("unittests"),
};

constexpr std::array vendor_folders = {
    string_view("vendor"), string_view("vendored"), string_view("third_party"), string_view("third-party"),
    string_view("thirdparty"), string_view("3rdparty"), string_view("external"), string_view("externals"),
};

std::string lower(string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <std::size_t N>
bool matches_any(const std::array<string_view, N>& patterns, string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [&](string_view pattern) { return wildcard_match(pattern, name); });
}

}  // namespace

bool is_secret(string_view path) {
  std::string all = lower(path);
  string_view name = string_view(all).substr(all.rfind('/') + 1);
  for (string_view suffix : harmless_suffixes) {
    if (name.ends_with(suffix)) return false;
  }
  for (string_view secret : secret_paths) {
    if (all == secret || (all.ends_with(secret) && all[all.size() - secret.size() - 1] == '/')) return true;
  }
  return matches_any(secret_patterns, name);
}

bool is_generated_folder(string_view name) { return matches_any(generated_folders, lower(name)); }
bool is_test_folder(string_view name) { return matches_any(test_folders, lower(name)); }
bool is_vendor_folder(string_view name) { return matches_any(vendor_folders, lower(name)); }

}  // namespace ca::analysis::paths
