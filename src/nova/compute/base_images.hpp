// Images as this host has them: each fetched from Glance once, in a form that QEMU uses safely.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "openstack/clients/glance.hpp"
#include "platform/process.hpp"
#include "platform/runtime.hpp"

namespace nova::compute {

// What an image is to a guest.
enum class Medium { disk, cdrom, kernel, ramdisk };

struct BaseImage {
  std::string path;
  std::string_view format;  // what QEMU is told that it is: it never guesses
};

// Of a directory that only this process writes. Thread-safe; all throw base::Error.
class BaseImages {
 public:
  // Makes the directory.
  BaseImages(std::string directory, openstack::clients::Glance& glance, platform::Runtime runtime);

  // Fetches the image if it is not there: DIRECTORY/<image id>, or <image id>.qcow2 if it had to be
  // converted. Throws Error(bad_request) if a guest can not use it as that.
  [[nodiscard]] BaseImage ensure(const openstack::clients::Image& image, Medium medium,
                                 const std::string& request_id);

 private:
  struct Preparation;
  static const Preparation& preparation_of(const openstack::clients::Image& image, Medium medium);
  void fetch(const openstack::clients::Image& image, const std::string& path,
             const Preparation& preparation, const std::string& request_id);
  void download(const openstack::clients::Image& image, const std::string& part,
                const std::string& request_id);
  static void convert(const std::string& from, const Preparation& preparation,
                      const std::string& path, int64_t virtual_size);

  const std::string directory_;
  openstack::clients::Glance& glance_;
  platform::Runtime runtime_;
  std::mutex mutex_;
  std::set<std::string> downloading_;  // ids
};

// The disk of an image, or its CD-ROM.
[[nodiscard]] Medium root_medium(const openstack::clients::Image& image);

// Runs a program that writes `path`.new, which becomes `path`: whole or not at all.
void make_file(const std::string& path, std::vector<std::string> arguments,
               const platform::ProcessOptions& options = {});

}  // namespace nova::compute
