// What every provider must do: the tests stand in conformance_test.cpp. A provider takes part by a
// line in its own test:
//   INSTANTIATE_TEST_SUITE_P(File, ProviderConformance, testing::Values(make_file_storage));
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "cinder/drivers/volume/provider.hpp"

namespace cinder::drivers {

// Empty storage for the provider under test; it goes with the object.
class Storage {
 public:
  virtual ~Storage() = default;
  // A provider of this storage, as after a restart if there was one before.
  [[nodiscard]] virtual std::unique_ptr<Provider> open() = 0;
  // Leaves a piece of an item there, as a process that died while it made it.
  virtual void leave_piece(const Item& item) = 0;
};

// nullptr: this machine can not run the provider, and the tests are skipped.
using StorageFactory = std::function<std::unique_ptr<Storage>()>;

class ProviderConformance : public testing::TestWithParam<StorageFactory> {
 protected:
  void SetUp() override;
  // Makes a volume of that content and size.
  void make(const std::string& id, const std::string& content, int64_t size_gib = 1);
  // The first bytes of a volume.
  [[nodiscard]] std::string beginning_of(const std::string& id, size_t bytes) const;
  [[nodiscard]] int64_t gib_of(const std::string& id) const;
  [[nodiscard]] std::vector<Item> items() const;

  std::unique_ptr<Storage> storage_;
  std::unique_ptr<Provider> provider_;
};

}  // namespace cinder::drivers
