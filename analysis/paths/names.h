// What a file's or folder's name alone says about it. Pure; letters in capitals count as small ones.
#pragma once

#include <string_view>

namespace ca::analysis::paths {

// Whether a file of this path holds secrets by its name: ".env", "*.pem", "id_rsa", ".aws/credentials", ... Examples and
// public halves (".env.example", "id_rsa.pub") do not.
bool is_secret(std::string_view path);

// Folders that tools fill: version control, builds, caches, installed packages (".git", "build", "node_modules", "venv", ...).
bool is_generated_folder(std::string_view name);
// Folders that hold tests and their data ("test", "tests", "__tests__", "testdata").
bool is_test_folder(std::string_view name);
// Folders that hold others' sources by custom ("vendor", "third_party", "external").
bool is_vendor_folder(std::string_view name);

}  // namespace ca::analysis::paths
