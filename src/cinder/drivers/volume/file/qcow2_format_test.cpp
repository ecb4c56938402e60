#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "cinder/drivers/target/tgt/tgt_target.hpp"
#include "cinder/drivers/volume/conformance.hpp"
#include "cinder/drivers/volume/file/disk_exports.hpp"
#include "cinder/drivers/volume/file/file_provider.hpp"
#include "platform/process.hpp"

namespace cinder::drivers {
namespace {

constexpr const char* kId = "11111111-1111-4111-8111-111111111111";

class Qcow2Storage final : public Storage {
 public:
  Qcow2Storage() : directory_(std::filesystem::temp_directory_path() / "nephele-qcow2-XXXXXX") {
    if (!::mkdtemp(directory_.data())) throw std::runtime_error("mkdtemp");
  }
  ~Qcow2Storage() override {
    DiskExports(exports()).end_all("");
    std::filesystem::remove_all(directory_);
  }
  std::unique_ptr<Provider> open() override {
    return make_file_provider(files(), make_qcow2_format(exports()));
  }
  void leave_piece(const Item& item) override {
    const char* const kind = item.kind == Kind::volume ? "volume-" : "snapshot-";
    std::ofstream(files() + "/" + kind + item.id + ".part") << "piece";
  }
  [[nodiscard]] std::string files() const { return directory_ + "/files"; }
  [[nodiscard]] std::string exports() const { return directory_ + "/exports"; }

 private:
  std::string directory_;
};

// Null where FUSE, or who may mount, is missing.
std::unique_ptr<Qcow2Storage> make_qcow2_storage() {
  if (::access("/dev/fuse", R_OK | W_OK) != 0 || ::geteuid() != 0) return nullptr;
  try {
    static_cast<void>(platform::run_checked({"qemu-storage-daemon", "--version"}));
  } catch (const base::Error&) {
    return nullptr;
  }
  return std::make_unique<Qcow2Storage>();
}

INSTANTIATE_TEST_SUITE_P(Qcow2, ProviderConformance, testing::Values(make_qcow2_storage));

class Qcow2Provider : public testing::Test {
 protected:
  void SetUp() override {
    storage_ = make_qcow2_storage();
    if (!storage_) GTEST_SKIP() << "no FUSE, or no qemu-storage-daemon";
    provider_ = storage_->open();
  }
  void kill_daemon_of(const std::string& path) {
    pid_t pid = 0;
    std::ifstream(path + ".pid") >> pid;
    ASSERT_GT(pid, 0);
    const auto daemon = platform::identify_process(pid);
    ::kill(pid, SIGKILL);
    while (daemon && platform::is_running(*daemon)) ::usleep(1000);
  }
  // The kernel may hold the image for a moment after its daemon's end.
  std::string path_again() {
    for (int i = 0; i < 200; ++i) {
      try {
        return provider_->path(kId);
      } catch (const base::Error&) {
        EXPECT_TRUE(provider_->held_paths().front().is_lost);
        ::usleep(10000);
      }
    }
    return provider_->path(kId);
  }

  std::unique_ptr<Qcow2Storage> storage_;
  std::unique_ptr<Provider> provider_;
};

TEST_F(Qcow2Provider, takes_no_room_for_what_was_not_written) {
  const auto writer = provider_->write(kId, 100);
  writer->write(std::string(8 << 20, '\0'));
  writer->write("content");
  writer->commit();

  struct stat status{};
  ::stat((storage_->files() + "/volume-" + kId).c_str(), &status);
  EXPECT_LT(status.st_size, 4 << 20);
}

TEST_F(Qcow2Provider, finds_the_daemon_of_a_process_that_died) {
  provider_->create(kId, 1);
  const std::string path = provider_->path(kId);
  std::fstream(path, std::ios::in | std::ios::out).write("guest", 5);

  provider_ = storage_->open();

  ASSERT_EQ(provider_->held_paths().size(), 1U);
  EXPECT_FALSE(provider_->held_paths().front().is_lost);
  EXPECT_EQ(provider_->path(kId), path);
}

TEST_F(Qcow2Provider, a_daemon_that_died_is_replaced_under_another_path) {
  provider_->create(kId, 1);
  const std::string path = provider_->path(kId);
  {
    const OpenFile file(path, O_RDWR);
    ASSERT_EQ(::pwrite(file.descriptor(), "guest", 5, 0), 5);
    file.sync();
  }
  kill_daemon_of(path);
  ASSERT_EQ(provider_->held_paths().size(), 1U);
  EXPECT_TRUE(provider_->held_paths().front().is_lost);

  const std::string next = path_again();

  EXPECT_NE(next, path);
  EXPECT_FALSE(provider_->held_paths().front().is_lost);
  std::string text(5, ' ');
  std::ifstream(next).read(text.data(), 5);
  EXPECT_EQ(text, "guest");
}

// A target that reads and writes the volume, and an initiator of QEMU's.
class Reach {
 public:
  explicit Reach(const Qcow2Storage& storage) {
    options_.directory = storage.files() + "/../targets";
    // Below the ports that the kernel gives to clients, and one per process.
    options_.portal = "127.0.0.1:" + std::to_string(22000 + ::getpid() % 9000);
    target_ = make_tgt_target(options_, runtime_);
  }
  ~Reach() { end_tgt_daemon(options_.directory); }
  Reach(const Reach&) = delete;
  Reach& operator=(const Reach&) = delete;
  [[nodiscard]] Target& target() { return *target_; }
  void ensure(const std::string& path) {
    target_->ensure({kId, path, false, {{"iqn.2010-10.org.test:host", "user", "long-password"}}});
  }
  // What qemu-io says after that command of its own.
  std::string tell(const std::string& command) {
    const TargetAddress address = target_->address(kId);
    return platform::run_checked(
        {"qemu-io", "--object", "secret,id=s,data=long-password", "-c", command, "--image-opts",
         "driver=iscsi,transport=tcp,portal=" + address.portal + ",target=" + address.iqn +
             ",lun=1,user=user,password-secret=s,initiator-name=iqn.2010-10.org.test:host"});
  }

 private:
  platform::Runtime runtime_{platform::system_executor(), platform::system_clock(),
                             platform::system_random(), platform::null_tracer(), "host"};
  TgtOptions options_;
  std::unique_ptr<Target> target_;
};

TEST_F(Qcow2Provider, is_read_and_written_over_iscsi_also_after_its_daemon_died) {
  for (const char* const program : {"tgtadm", "qemu-io"}) {
    try {
      static_cast<void>(platform::run_process({program, "--version"}));
    } catch (const base::Error&) {
      GTEST_SKIP() << "no " << program;
    }
  }
  Reach reach(*storage_);
  provider_->create(kId, 1);
  reach.ensure(provider_->path(kId));
  reach.tell("write -P 7 1M 64k");
  reach.tell("flush");

  kill_daemon_of(provider_->path(kId));
  reach.ensure(path_again());

  const auto fails = [](const std::string& said) {
    return said.find("failed") != std::string::npos;
  };
  EXPECT_FALSE(fails(reach.tell("read -P 7 1M 64k")));
  EXPECT_FALSE(fails(reach.tell("read -P 0 2M 64k")));
  reach.target().close(kId);
  provider_->close_path(kId);
  provider_->extend(kId, 2);
  platform::run_checked({"qemu-img", "check", "-q", storage_->files() + "/volume-" + kId});
  reach.ensure(provider_->path(kId));
  EXPECT_NE(reach.tell("length").find("2 GiB"), std::string::npos);
  EXPECT_FALSE(fails(reach.tell("read -P 7 1M 64k")));
}

TEST_F(Qcow2Provider, follows_no_file_that_an_image_names) {
  const std::string unmanaged = storage_->files() + "/unmanaged";
  std::filesystem::create_directories(unmanaged);
  platform::run_checked({"qemu-img", "create", "-q", "-f", "qcow2", "-b", "/etc/hostname", "-F",
                         "raw", unmanaged + "/overlay", "1G"});
  std::ofstream(unmanaged + "/raw") << "no image";

  for (const Unmanaged& one : provider_->list_unmanaged(Kind::volume))
    EXPECT_NE(one.reason_not_safe, "") << one.name;
  for (const char* const name : {"overlay", "raw"}) {
    try {
      provider_->manage(name, {Kind::volume, kId});
      ADD_FAILURE() << name;
    } catch (const base::Error& error) {
      EXPECT_EQ(error.kind(), base::ErrorKind::bad_request);
    }
    EXPECT_TRUE(std::filesystem::exists(unmanaged + "/" + name));
  }
}

}  // namespace
}  // namespace cinder::drivers
