#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "glance/service.hpp"
#include "glance/store/migrations.hpp"
#include "platform/simulation/simulation.hpp"

namespace glance {
namespace {

namespace fs = std::filesystem;

// glance-api and glance-registry, each on a host of its own, on virtual time.
class GlanceApiRoleTest : public testing::Test {
 protected:
  GlanceApiRoleTest() {
    fs::create_directory(images_);
    config_.set("glance_store", "filesystem_store_datadir", images_);
    simulation_.prepare_database("glance", [](platform::Database& database) {
      platform::migrate(database, store::migrations());
    });
  }
  ~GlanceApiRoleTest() override {
    for (auto* process : {api_process_.get(), registry_process_.get()}) process->kill();
    api_.reset();
    registry_.reset();
    fs::remove_all(directory_);
  }

  void start_api() {
    api_ = make_glance_api({api_process_->runtime(), api_process_->bus(), nullptr,
                            api_process_->transport(), config_, &tokens_});
  }
  void start_registry() {
    registry_ = make_glance_registry({registry_process_->runtime(), registry_process_->bus(),
                                      &registry_process_->database("glance"),
                                      registry_process_->transport(), config_, nullptr});
  }
  void leave_in_store(const std::string& name) {
    std::ofstream(images_ + "/" + name) << "bytes of an upload whose glance-api died";
  }
  // Within two rounds of tidying.
  bool soon_empties_the_store() {
    return simulation_.run_until([&] { return fs::is_empty(images_); }, std::chrono::minutes{2});
  }

  static std::string make_directory() {
    std::string pattern = fs::temp_directory_path() / "glance_role_test.XXXXXX";
    const std::string directory = ::mkdtemp(pattern.data());
    openstack::FernetKeys::ensure(directory + "/keys", platform::system_random());
    return directory;
  }

  const std::string directory_ = make_directory();
  const std::string images_ = directory_ + "/images";
  platform::Config config_ = platform::Config({options()});
  platform::Simulation simulation_{1};
  std::unique_ptr<platform::SimulatedProcess> api_process_ = simulation_.make_process("api");
  std::unique_ptr<platform::SimulatedProcess> registry_process_ =
      simulation_.make_process("registry");
  openstack::Tokens tokens_{directory_ + "/keys", api_process_->runtime(),
                            std::make_shared<openstack::Revocations>()};
  std::unique_ptr<openstack::Role> registry_;
  std::unique_ptr<openstack::Role> api_;
};

TEST_F(GlanceApiRoleTest, starts_without_a_registry_and_tidies_its_store_when_there_is_one) {
  leave_in_store("image.operation");
  leave_in_store("other.operation.part");

  ASSERT_NO_THROW(start_api());
  EXPECT_FALSE(soon_empties_the_store());
  start_registry();

  EXPECT_TRUE(soon_empties_the_store());
}

TEST_F(GlanceApiRoleTest, tidies_its_store_at_its_start) {
  leave_in_store("image.operation");
  start_registry();

  start_api();

  EXPECT_TRUE(
      simulation_.run_until([&] { return fs::is_empty(images_); }, std::chrono::seconds{5}));
}

}  // namespace
}  // namespace glance
