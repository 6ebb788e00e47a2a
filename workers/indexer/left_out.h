// What lies in a project's folders and has no row: ignored by git, a secret, a link, a closed folder. An import that leads there
// is not missing.
#pragma once

#include <string>
#include <vector>

namespace ca::workers {

// `files`: the project's paths, sorted by bytes. Folders and other entries below the open folder `root` that are none of them, nor
// a folder of one; what is below such a folder is not listed. A folder that cannot be read, or holds more such entries than anyone
// would want to keep in mind, counts as left out itself. Follows no link. Blocks.
std::vector<std::string> left_out(int root, const std::vector<std::string>& files);

}  // namespace ca::workers
