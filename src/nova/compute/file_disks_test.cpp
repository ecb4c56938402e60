// Disks of guests made of images of each format, with qemu-img and a Glance that is played.
#include <fcntl.h>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/error.hpp"
#include "nova/compute/disks.hpp"
#include "nova/drivers/disk_extent.hpp"
#include "platform/crypto.hpp"
#include "platform/process.hpp"

namespace nova::compute {
namespace {

namespace fs = std::filesystem;

constexpr const char* kImage = "11111111-1111-4111-8111-111111111111";
constexpr const char* kServer = "22222222-2222-4222-8222-222222222222";
constexpr int64_t kMiB = 1 << 20;

class FileDisksTest : public ::testing::Test {
 protected:
  FileDisksTest() {
    directory_ = fs::temp_directory_path() / "nephele-disks-XXXXXX";
    if (!::mkdtemp(directory_.data())) throw std::runtime_error("mkdtemp");
    transport_.add("http://keystone", [](platform::http::Request&) {
      platform::http::Response response;
      response.status = 201;
      response.headers.set("X-Subject-Token", "token");
      response.body = "{}";
      return response;
    });
    transport_.add("http://glance",
                   [this](platform::http::Request& request) { return answer(request); });
    disks_ = make_file_disks(directory_ + "/instances", glance_, runtime_);
  }
  ~FileDisksTest() override { fs::remove_all(directory_); }

  // The image that Glance has from now on.
  void offer(const std::string& disk_format, const std::string& path, int64_t virtual_size,
             const std::string& container_format = "bare", const std::string& properties = "",
             const std::string& id = kImage) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    platform::Digest digest("sha512");
    digest.update(bytes);
    const std::string document =
        fmt::format(R"({{"id":"{}","status":"active","disk_format":"{}","container_format":"{}",{})"
                    R"("visibility":"public","os_hash_value":{},"size":{},"virtual_size":{}}})",
                    id, disk_format, container_format, properties,
                    digest_.value_or('"' + digest.finish_hex() + '"'), bytes.size(), virtual_size);
    images_[id] = {document, std::move(bytes)};
  }

  void ensure(int64_t disk_gib = 0) {
    ServerDescription server;
    server.id = kServer;
    server.image_id = kImage;
    server.disk_gib = disk_gib;
    disks_->ensure(server, "request");
  }

  std::string refusal() {
    try {
      ensure();
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::bad_request);
      return error.message();
    }
    return {};
  }

  [[nodiscard]] static std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  [[nodiscard]] std::string path(const std::string& name) const { return directory_ + "/" + name; }

 private:
  platform::http::Response answer(const platform::http::Request& request) {
    platform::http::Response response;
    const std::string id = request.path.substr(std::string("/v2/images/").size(), 36);
    const auto& [document, bytes] = images_.at(id);
    response.body = document;
    if (!request.path.ends_with("/file")) return response;
    std::ofstream(path("sent"), std::ios::binary) << bytes;
    response.body.clear();
    response.stream = std::make_shared<platform::http::BodySource>();
    response.stream->file = ::open(path("sent").c_str(), O_RDONLY | O_CLOEXEC);
    response.stream->length = bytes.size();
    return response;
  }

  std::string directory_;
  std::map<std::string, std::pair<std::string, std::string>> images_;  // documents and bytes
  platform::Runtime runtime_{platform::system_executor(), platform::system_clock(),
                             platform::system_random(), platform::null_tracer(), "host"};
  platform::http::LocalTransport transport_;
  openstack::clients::ServiceSession session_{
      transport_, {"http://keystone/v3", "nova", "", "service", "default"}, runtime_};
  openstack::clients::Glance glance_{session_, "http://glance"};

 protected:
  std::unique_ptr<Disks> disks_;
  std::optional<std::string> digest_;  // that Glance tells, as JSON, if it is not the true one
};

TEST_F(FileDisksTest, guests_find_the_same_bytes_whatever_the_format_of_the_image) {
  std::string data(3 * kMiB, '\0');
  for (size_t i = 0; i < data.size(); i += 5) data[i] = static_cast<char>(i >> 3);
  std::ofstream(path("raw"), std::ios::binary) << data;
  for (const auto& [disk_format, qemu_format, options] :
       std::vector<std::array<std::string, 3>>{{"raw", "raw", "size=3M"},
                                               {"qcow2", "qcow2", "compat=1.1"},
                                               {"vmdk", "vmdk", "subformat=streamOptimized"},
                                               {"vmdk", "vmdk", "subformat=monolithicSparse"},
                                               {"vdi", "vdi", "static=off"},
                                               {"vhd", "vpc", "subformat=dynamic,force_size=on"},
                                               {"vhd", "vpc", "subformat=fixed,force_size=on"},
                                               {"vhdx", "vhdx", "subformat=dynamic"},
                                               {"ploop", "parallels", "cluster_size=1M"}}) {
    platform::run_checked({"qemu-img", "convert", "-f", "raw", "-O", qemu_format, "-o", options,
                           path("raw"), path("image")});
    offer(disk_format, path("image"), 3 * kMiB);

    ensure(1);
    ensure(1);  // a second time changes nothing

    platform::run_checked({"qemu-img", "convert", "-f", "qcow2", "-O", "raw",
                           disks_->media_of(kServer).disks.front().path, path("seen")});
    EXPECT_EQ(fs::file_size(path("seen")), 1U << 30) << disk_format;
    platform::run_checked(
        {"qemu-img", "compare", "-f", "raw", "-F", "raw", path("raw"), path("seen")});
    disks_->remove(kServer);
    fs::remove_all(path("instances"));
    fs::create_directories(path("instances/_base"));
  }
}

TEST_F(FileDisksTest, an_image_is_compared_with_its_digest_if_glance_knows_that_already) {
  std::ofstream(path("raw"), std::ios::binary) << std::string(kMiB, 'x');
  digest_ = R"("00")";
  offer("raw", path("raw"), kMiB);
  EXPECT_THROW(ensure(), base::Error);

  digest_ = "null";
  offer("raw", path("raw"), kMiB);
  ensure();
  EXPECT_FALSE(disks_->media_of(kServer).disks.empty());
}

TEST_F(FileDisksTest, what_was_never_written_of_an_image_takes_no_room_of_the_host) {
  std::ofstream(path("raw"), std::ios::binary) << "data" << std::string(8 * kMiB, '\0');
  offer("raw", path("raw"), 8 * kMiB + 4);
  ensure();
  for (const auto& base : fs::recursive_directory_iterator(path("instances/_base"))) {
    struct stat status{};
    ASSERT_EQ(::stat(base.path().c_str(), &status), 0);
    EXPECT_LT(status.st_blocks * 512, kMiB) << base.path();
  }
}

TEST_F(FileDisksTest, an_iso_is_a_cdrom) {
  std::ofstream(path("image")) << "bytes";
  offer("iso", path("image"), 5);
  ensure();
  ensure();
  const Media media = disks_->media_of(kServer);
  ASSERT_EQ(media.disks.size(), 1U);
  EXPECT_TRUE(media.disks.front().is_cdrom);
  EXPECT_TRUE(media.disks.front().read_only);
  EXPECT_EQ(media.disks.front().format, "raw");
  EXPECT_EQ(contents(media.disks.front().path), "bytes");
}

// What of these bytes of the file is there.
std::string bytes_at(const std::string& path, std::streamoff offset, size_t size) {
  std::ifstream file(path, std::ios::binary);
  file.seekg(offset);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  return bytes.substr(0, static_cast<size_t>(file.gcount()));
}

ServerDescription server_with(const std::vector<LocalDisk>& local_disks) {
  ServerDescription server;
  server.id = kServer;
  server.local_disks = local_disks;
  return server;
}

TEST_F(FileDisksTest, blank_disks_begin_with_a_file_system_or_swap) {
  auto server =
      server_with({{"/dev/vdb", "ext4", 1024}, {"/dev/vdc", "", 2048}, {"/dev/vdd", "swap", 64}});
  server.config_drive = true;
  disks_->ensure(server, "request");
  const Media media = disks_->media_of(kServer);
  ASSERT_EQ(media.disks.size(), 3U);
  EXPECT_TRUE(media.config_drive);
  for (const drivers::GuestDisk& disk : media.disks) {
    EXPECT_EQ(disk.format, "raw");
    EXPECT_FALSE(disk.read_only);
    EXPECT_LT(drivers::measure_disk(disk.path, "raw").allocated, 8U << 20) << disk.path;
  }
  EXPECT_EQ(fs::file_size(media.disks[0].path), 1U << 30);
  EXPECT_EQ(bytes_at(media.disks[0].path, 0x438, 2), "\x53\xef");
  EXPECT_EQ(bytes_at(media.disks[0].path, 0x478, 10), "ephemeral0");
  EXPECT_EQ(fs::file_size(media.disks[1].path), 2U << 30);
  EXPECT_EQ(bytes_at(media.disks[1].path, 0x47, 11), "ephemeral1 ");
  EXPECT_EQ(bytes_at(media.disks[1].path, 0x52, 5), "FAT32");
  EXPECT_EQ(fs::file_size(media.disks[2].path), 64U << 20);
  EXPECT_EQ(bytes_at(media.disks[2].path, 4086, 10), "SWAPSPACE2");
}

TEST_F(FileDisksTest, blank_disks_stay_as_they_are_and_go_with_the_server) {
  const auto server = server_with({{"/dev/vdb", "ext2", 1024}});
  disks_->ensure(server, "request");
  const std::string disk = disks_->media_of(kServer).disks.front().path;
  std::fstream(disk, std::ios::binary | std::ios::in | std::ios::out).write("secret", 6);
  disks_->ensure(server, "request");
  EXPECT_EQ(bytes_at(disk, 0, 6), "secret");

  disks_->remove(kServer);
  EXPECT_FALSE(fs::exists(disk));
  disks_->ensure(server, "request");
  EXPECT_EQ(bytes_at(disk, 0, 6), std::string(6, '\0'));
}

TEST_F(FileDisksTest, what_a_death_left_of_a_blank_disk_is_begun_again) {
  const auto server = server_with({{"/dev/vdb", "", 1024}});
  fs::create_directories(path(std::string("instances/") + kServer));
  const std::string disk = path(std::string("instances/") + kServer + "/disk.eph0");
  std::ofstream(disk + ".new") << std::string(kMiB, 's');
  disks_->ensure(server, "request");
  EXPECT_FALSE(fs::exists(disk + ".new"));
  EXPECT_EQ(bytes_at(disk, kMiB - 4, 4), std::string(4, '\0'));
}

TEST_F(FileDisksTest, blank_disks_have_the_file_system_that_suits_the_image) {
  auto server = server_with({{"/dev/vdb", "", 1024}});
  server.os_type = "linux";
  disks_->ensure(server, "request");
  EXPECT_EQ(bytes_at(disks_->media_of(kServer).disks.front().path, 0x438, 2), "\x53\xef");
}

TEST_F(FileDisksTest, a_server_without_a_root_here_has_nothing_to_copy) {
  disks_->ensure(server_with({{"/dev/vdb", "ext4", 1024}}), "request");
  EXPECT_THROW(static_cast<void>(disks_->prepare_copy(kServer)), base::Error);
}

TEST_F(FileDisksTest, an_ami_comes_with_its_kernel_and_ramdisk) {
  constexpr const char* kKernel = "33333333-3333-4333-8333-333333333333";
  constexpr const char* kRamdisk = "44444444-4444-4444-8444-444444444444";
  for (const char* name : {"kernel", "ramdisk"}) std::ofstream(path(name)) << name;
  std::ofstream(path("image")) << std::string(kMiB, 'x');
  offer("aki", path("kernel"), 0, "aki", "", kKernel);
  offer("ari", path("ramdisk"), 0, "ari", "", kRamdisk);
  const std::string both = fmt::format(R"("kernel_id":"{}","ramdisk_id":"{}",)", kKernel, kRamdisk);
  offer("ami", path("image"), kMiB, "ami", both);
  ensure();
  ensure();
  const Media media = disks_->media_of(kServer);
  EXPECT_FALSE(media.disks.front().is_cdrom);
  ASSERT_TRUE(media.kernel);
  EXPECT_EQ(contents(media.kernel->path), "kernel");
  EXPECT_EQ(contents(media.kernel->ramdisk), "ramdisk");
  EXPECT_EQ(media.kernel->arguments, "root=/dev/vda console=tty0 console=ttyS0");

  disks_->remove(kServer);
  offer("ami", path("image"), kMiB, "ami",
        fmt::format(R"("kernel_id":"{}","os_command_line":"quiet",)", kKernel));
  ensure();
  EXPECT_EQ(disks_->media_of(kServer).kernel->ramdisk, "");
  EXPECT_EQ(disks_->media_of(kServer).kernel->arguments, "quiet");

  disks_->remove(kServer);
  offer("ami", path("image"), kMiB, "ami", fmt::format(R"("kernel_id":"{}",)", kRamdisk));
  EXPECT_NE(refusal().find("with a kernel of disk format ari"), std::string::npos);
  EXPECT_FALSE(disks_->media_of(kServer).kernel);
}

TEST_F(FileDisksTest, what_is_no_disk_is_unacceptable) {
  std::ofstream(path("image")) << "bytes";
  for (const char* format : {"aki", "ari", "luks", "docker"}) {
    offer(format, path("image"), 5);
    EXPECT_NE(refusal().find("unacceptable"), std::string::npos) << format;
  }
  for (const char* container : {"ova", "docker", "compressed"}) {
    offer("vmdk", path("image"), 5, container);
    EXPECT_NE(refusal().find("unacceptable"), std::string::npos) << container;
  }
}

TEST_F(FileDisksTest, what_was_not_inspected_is_not_converted) {
  std::ofstream(path("image")) << "version=1\ncreateType=\"monolithicFlat\"\nRW 1 FLAT \"raw\" 0\n";
  offer("vmdk", path("image"), 0);
  EXPECT_NE(refusal().find("virtual size is not known"), std::string::npos);
}

TEST_F(FileDisksTest, a_conversion_that_fails_leaves_nothing) {
  std::ofstream(path("image")) << "no vhdx";
  offer("vhdx", path("image"), kMiB);
  EXPECT_THROW(ensure(1), base::Error);
  EXPECT_TRUE(fs::is_empty(path("instances/_base")));
}

}  // namespace
}  // namespace nova::compute
