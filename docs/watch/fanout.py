from mytorch import Tensor

a = Tensor(1.0, requires_grad=True)

b = a + a
c = b * b

c.backward()
