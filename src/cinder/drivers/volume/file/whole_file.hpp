// A file that appears at once, or not at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cinder::drivers {

inline constexpr std::string_view kPartSuffix = ".part";

// An open file; closed when it goes.
class OpenFile {
 public:
  // Throws by fail_on_file.
  OpenFile(std::string path, int flags);
  ~OpenFile();
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // Makes it that long, with a hole at its end.
  void resize(int64_t bytes) const;
  [[nodiscard]] int64_t size() const;
  void sync() const;
  // Gives it away: whoever takes it closes it.
  [[nodiscard]] int release();

 private:
  std::string path_;
  int descriptor_;
};

// Made under PATH.part and named PATH by commit(), when all of it is on the disk; removed if it
// goes before that.
class WholeFile {
 public:
  WholeFile(std::string directory, const std::string& name);
  ~WholeFile();
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  [[nodiscard]] const OpenFile& file() const { return file_; }
  void commit();

 private:
  std::string directory_;
  std::string path_;
  OpenFile file_;
  bool committed_ = false;
};

// What has happened to the names in a directory is on the disk when this returns.
void sync_directory(const std::string& path);

}  // namespace cinder::drivers
