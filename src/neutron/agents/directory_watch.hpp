// Says when an entry of a directory came or went, so that nobody has to look again and again.
#pragma once

#include <string>

#include "base/time.hpp"

namespace neutron::agents {

// Makes the directory if it is not there. Where the kernel can not watch it (inotify's limits), a
// change is supposed after every timeout.
class DirectoryWatch {
 public:
  explicit DirectoryWatch(const std::string& directory);
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;
  // True: something may have changed since the last call; false: nothing did within `timeout`.
  bool wait(base::Duration timeout);

 private:
  int descriptor_;
  bool watching_;
};

}  // namespace neutron::agents
