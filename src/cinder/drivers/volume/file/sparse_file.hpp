// A file or device that reads as zeros, and what is to be in it from its beginning.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cinder/drivers/volume/file/whole_file.hpp"

namespace cinder::drivers {

class SparseFile {
 public:
  // `size`: its bytes. Throws by fail_on_file.
  SparseFile(std::string path, int64_t size);
  // What follows; zeros are passed over and take no room. Throws Error(bad_request) past the end.
  void write(std::string_view bytes);
  void sync() const { file_.sync(); }

 private:
  OpenFile file_;
  int64_t size_;
  int64_t at_ = 0;
};

}  // namespace cinder::drivers
